using System.Text.Json.Serialization;

namespace HyperSpector.Api.Messages;

/// <summary>Who says that a baseline of a server's files is as it should be, when and why.</summary>
public sealed record AcceptanceRecord(string Server, int Number, string Root, DateTimeOffset At, string By, string Reason);

/// <summary>A baseline is to be accepted.</summary>
/// <param name="Environment">Whose IDS VM made it.</param>
/// <param name="Server">Of which server's files.</param>
/// <param name="Root">Its root digest: 64 hexadecimal digits in lower case.</param>
/// <param name="By">Who accepts it.</param>
/// <param name="Reason">Why.</param>
public sealed record AcceptanceRequest(
    [property: JsonRequired] string Environment,
    [property: JsonRequired] string Server,
    [property: JsonRequired] string Root,
    [property: JsonRequired] string By,
    [property: JsonRequired] string Reason);

using System.Text.Json.Serialization;
using HyperSpector.Api.Events;
using HyperSpector.Api.Messages;
using HyperSpector.Api.Plans;
using HyperSpector.Api.Site;

namespace HyperSpector.Api;

/// <summary>
/// Source-generated JSON of everything that programs say to each other; enums travel as camelCase strings. Properties with a
/// default are settable: generated code gives an init-only property that is missing in the JSON null, not its default.
/// </summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    RespectNullableAnnotations = true)]
[JsonSerializable(typeof(SiteSpec))]
[JsonSerializable(typeof(PackSpec))]
[JsonSerializable(typeof(ImageSpec))]
[JsonSerializable(typeof(EventRecord))]
[JsonSerializable(typeof(ProgressLine))]
[JsonSerializable(typeof(IReadOnlyList<MachineStatus>))]
[JsonSerializable(typeof(HostStatus))]
[JsonSerializable(typeof(ExecTarget))]
[JsonSerializable(typeof(LogLine))]
[JsonSerializable(typeof(PackBuildRequest))]
[JsonSerializable(typeof(AcceptanceRequest))]
[JsonSerializable(typeof(IReadOnlyList<AcceptanceRecord>))]
[JsonSerializable(typeof(Failure))]
[JsonSerializable(typeof(VersionInfo))]
[JsonSerializable(typeof(ReaderPlan))]
[JsonSerializable(typeof(SensorPlan))]
[JsonSerializable(typeof(ViewPlan))]
[JsonSerializable(typeof(ChangePlan))]
[JsonSerializable(typeof(ChangeRecord))]
public sealed partial class ApiJson : JsonSerializerContext
{
}

using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using HyperSpector.Api;
using HyperSpector.Engine.Hosts;

namespace HyperSpector.Cli.Client;

/// <summary>The daemon, as the CLI talks to it: HTTP over its Unix socket.</summary>
internal sealed partial class DaemonClient : IDisposable
{
    // Questions are answered from memory; a daemon that takes longer is stuck.
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(15);

    private readonly HostPaths _paths;
    private readonly HttpClient _http;

    internal DaemonClient(HostPaths paths)
    {
        _paths = paths;
        var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            ConnectCallback = async (_, cancellation) => await ConnectAsync(cancellation),
        };
        // The host name in the address is never resolved: every connection goes to the socket.
        _http = new HttpClient(handler) { BaseAddress = new Uri("http://hyperspectord"), Timeout = Timeout.InfiniteTimeSpan };
    }

    /// <summary>True when somebody listens.</summary>
    internal async Task<bool> IsThereAsync(CancellationToken cancellation)
    {
        try
        {
            await (await ConnectAsync(cancellation)).DisposeAsync();
            return true;
        }
        catch (SocketException error) when (IsAbsent(error))
        {
            return false;
        }
        catch (SocketException error)
        {
            throw Explain(error);
        }
    }

    /// <summary>Asks for something to be done, once: the daemon that is asked does it, or nobody.</summary>
    internal async Task<T> PostAsync<T>(string route, HttpContent content, JsonTypeInfo<T> type, CancellationToken cancellation) =>
        await AskAsync(HttpMethod.Post, route, content, type, cancellation);

    /// <summary>Asks a question; an answer that is a failure becomes an exception with the daemon's own line.</summary>
    internal async Task<T> GetAsync<T>(string route, JsonTypeInfo<T> type, CancellationToken cancellation)
    {
        try
        {
            return await AskAsync(HttpMethod.Get, route, null, type, cancellation);
        }
        catch (GoneException)
        {
            // It was about to end: now it is gone, or another one is there.
            await Task.Delay(200, cancellation);
            return await AskAsync(HttpMethod.Get, route, null, type, cancellation);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private async Task<T> AskAsync<T>(
        HttpMethod method, string route, HttpContent? content, JsonTypeInfo<T> type, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(AnswerTimeout);
        try
        {
            using var request = new HttpRequestMessage(method, route) { Content = content };
            using var response = await SendAsync(request, limit.Token);
            await using var body = await response.Content.ReadAsStreamAsync(limit.Token);
            return await JsonSerializer.DeserializeAsync(body, type, limit.Token) ?? throw NotUnderstood(null);
        }
        catch (JsonException error)
        {
            throw NotUnderstood(error);
        }
        catch (HttpIOException error)
        {
            throw new GoneException(beforeAnswer: false, error);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new CliException(
                $"hyperspectord does not answer on {_paths.Socket}; see its log, or end it (its VMs run on) and start it again");
        }
    }

    private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellation)
    {
        HttpResponseMessage response;
        try
        {
            response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
        }
        catch (HttpRequestException error)
        {
            throw error.InnerException switch
            {
                SocketException socket => Explain(socket),
                CliException said => said,
                _ => new GoneException(beforeAnswer: true, error),
            };
        }

        if (response.IsSuccessStatusCode)
            return response;
        using (response)
            throw await FailureOfAsync(response, cancellation);
    }

    private static async Task<CliException> FailureOfAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        try
        {
            await using var body = await response.Content.ReadAsStreamAsync(cancellation);
            if (await JsonSerializer.DeserializeAsync(body, ApiJson.Default.Failure, cancellation) is { Error.Length: > 0 } failure)
                return new RefusedException(failure.Error, response.StatusCode);
        }
        catch (JsonException)
        {
            // The status says as much as there is.
        }

        return new RefusedException($"hyperspectord refused the request (HTTP status {(int)response.StatusCode})", response.StatusCode);
    }

    private async Task<NetworkStream> ConnectAsync(CancellationToken cancellation)
    {
        UnixDomainSocketEndPoint address;
        try
        {
            address = new UnixDomainSocketEndPoint(_paths.Socket);
        }
        catch (ArgumentOutOfRangeException)
        {
            // sizeof(sun_path), unix(7).
            throw new CliException($"{_paths.Socket}: longer than the 107 bytes that a socket's path may have", ExitCodes.Usage);
        }

        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(address, cancellation);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    // ENOENT and ECONNREFUSED, in .NET's words.
    private static bool IsAbsent(SocketException error) =>
        error.SocketErrorCode is SocketError.AddressNotAvailable or SocketError.ConnectionRefused;

    private CliException Explain(SocketException error)
    {
        if (IsAbsent(error))
            return new DaemonAbsentException(_paths, error);
        return error.SocketErrorCode == SocketError.AccessDenied
            ? new CliException($"{_paths.Socket}: only root may talk to hyperspectord; try it with sudo", cause: error)
            : new CliException($"{_paths.Socket}: {error.Message}", cause: error);
    }

    private static CliException NotUnderstood(Exception? cause) =>
        new("hyperspectord's answer is not understood; is it of another version? compare with 'hyperspector version'", cause: cause);
}

/// <summary>The connection ended before the answer did.</summary>
internal sealed class GoneException(bool beforeAnswer, Exception cause) : CliException(
    System.Environment.IsPrivilegedProcess
        ? "hyperspectord went away before it had answered; its VMs run on; try again"
        : "hyperspectord closed the connection: only root may talk to it; try it with sudo",
    cause: cause)
{
    /// <summary>Nothing of the answer had come: the request may be repeated as if it had not been made.</summary>
    internal bool BeforeAnswer => beforeAnswer;
}

/// <summary>The daemon said no, and why.</summary>
internal sealed class RefusedException(string message, HttpStatusCode status) : CliException(message)
{
    internal HttpStatusCode Status => status;
}

/// <summary>Nobody listens on the socket.</summary>
internal sealed class DaemonAbsentException(HostPaths paths, Exception? cause = null) : CliException(
    $"hyperspectord is not running for host '{paths.Name}'; start it with 'hyperspector up'", cause: cause)
{
}

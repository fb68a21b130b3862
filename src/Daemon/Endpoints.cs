using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using System.Threading.Channels;
using HyperSpector.Api;
using HyperSpector.Api.Messages;
using HyperSpector.Engine.Events;
using HyperSpector.Engine.Hosts;
using HyperSpector.Engine.Hosts.Changes;

namespace HyperSpector.Daemon;

/// <summary>What each route does (<see cref="Routes"/>).</summary>
internal sealed class Endpoints(HostPaths paths, SiteController controller)
{
    internal void Map(IEndpointRouteBuilder routes)
    {
        _ = routes.MapGet(Routes.Version, context =>
            Answer(context, new VersionInfo(ProductVersion.Text, paths.Name, System.Environment.ProcessId), ApiJson.Default.VersionInfo));
        _ = routes.MapGet(Routes.Machines, context => Answer(context, controller.Machines(), ApiJson.Default.IReadOnlyListMachineStatus));
        _ = routes.MapGet(Routes.Status, context => Answer(context, controller.Status(), ApiJson.Default.HostStatus));
        _ = routes.MapGet(Routes.Exec, Exec);
        _ = routes.MapPut(Routes.Site, Up);
        _ = routes.MapDelete(Routes.Site, Down);
        _ = routes.MapPost(Routes.Packs, Packs);
        _ = routes.MapPost(Routes.Acceptances, Accept);
        _ = routes.MapGet(Routes.Acceptances, Acceptances);
        _ = routes.MapGet(Routes.Logs, Logs);
        _ = routes.MapGet(Routes.Events, Events);
        _ = routes.MapGet(Routes.Changes, Changes);
        _ = routes.MapPost(Routes.Shutdown, context =>
        {
            context.RequestServices.GetRequiredService<IHostApplicationLifetime>().StopApplication();
            return Task.CompletedTask;
        });
    }

    private static async Task Answer<T>(HttpContext context, T value, JsonTypeInfo<T> type)
    {
        context.Response.ContentType = "application/json";
        await context.Response.Body.WriteAsync(JsonSerializer.SerializeToUtf8Bytes(value, type), context.RequestAborted);
    }

    private static Task Fail(HttpContext context, int status, string error)
    {
        context.Response.StatusCode = status;
        return Answer(context, new Failure(error), ApiJson.Default.Failure);
    }

    private Task Exec(HttpContext context)
    {
        var machine = context.Request.Query["machine"].ToString();
        return controller.ExecTarget(machine) is { } target
            ? Answer(context, target, ApiJson.Default.ExecTarget)
            : Fail(context, StatusCodes.Status404NotFound, controller.Explain(machine));
    }

    private async Task Up(HttpContext context)
    {
        if (Requests.Site(await Body(context), out var problem) is { } site)
            await Progress(context, (report, token) => controller.UpAsync(site, report, token));
        else
            await Fail(context, StatusCodes.Status400BadRequest, problem);
    }

    private Task Down(HttpContext context)
    {
        var keep = context.Request.Query["keep"] == "true";
        return Progress(context, (report, _) => controller.DownAsync(keep, report));
    }

    private async Task Packs(HttpContext context)
    {
        if (Requests.Packs(await Body(context), out var problem) is { } request)
            await Progress(context, (report, token) => controller.BuildPacksAsync(request, report, token));
        else
            await Fail(context, StatusCodes.Status400BadRequest, problem);
    }

    private async Task Accept(HttpContext context)
    {
        if (Requests.Acceptance(await Body(context), out var problem) is not { } request)
            await Fail(context, StatusCodes.Status400BadRequest, problem);
        else
            await Acceptances(context, request.Environment, request.Server, () => controller.Accept(request));
    }

    private Task Acceptances(HttpContext context)
    {
        var (environment, server) = (context.Request.Query["environment"].ToString(), context.Request.Query["server"].ToString());
        return Acceptances(context, environment, server, () => controller.Acceptances(environment, server));
    }

    private async Task Acceptances(HttpContext context, string environment, string server, Func<IReadOnlyList<AcceptanceRecord>> answer)
    {
        try
        {
            await (controller.AcceptanceProblem(environment, server) is { } problem
                ? Fail(context, StatusCodes.Status404NotFound, problem)
                : Answer(context, answer(), ApiJson.Default.IReadOnlyListAcceptanceRecord));
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
        {
            await Fail(context, StatusCodes.Status500InternalServerError, failed.Message);
        }
    }

    // Whole, since the server bounds it (Server.RequestLimit).
    private static async Task<ReadOnlyMemory<byte>> Body(HttpContext context)
    {
        using var bytes = new MemoryStream();
        await context.Request.Body.CopyToAsync(bytes, context.RequestAborted);
        return bytes.GetBuffer().AsMemory(0, (int)bytes.Length);
    }

    /// <summary>Runs an operation and streams its progress; the client's going away cancels the operation.</summary>
    private static async Task Progress(HttpContext context, Func<Action<ProgressLine>, CancellationToken, Task> operation)
    {
        context.Response.ContentType = "application/jsonl";
        var lines = Channel.CreateUnbounded<ProgressLine>();
        var running = Task.Run(async () =>
        {
            try
            {
                await operation(line => lines.Writer.TryWrite(line), context.RequestAborted);
            }
            finally
            {
                lines.Writer.Complete();
            }
        });
        try
        {
            await foreach (var line in lines.Reader.ReadAllAsync(context.RequestAborted))
            {
                await context.Response.Body.WriteAsync(JsonSerializer.SerializeToUtf8Bytes(line, ApiJson.Default.ProgressLine));
                await context.Response.Body.WriteAsync("\n"u8.ToArray());
                await context.Response.Body.FlushAsync(context.RequestAborted);
            }
        }
        catch (OperationCanceledException)
        {
            // The client has gone; the operation rolls back and reports to nobody.
        }

        await running;
    }

    private Task Logs(HttpContext context)
    {
        var machine = context.Request.Query["machine"].ToString();
        return controller.Knows(machine)
            ? Stream(context, [LogStore.DirectoryOf(paths, machine)])
            : Fail(context, StatusCodes.Status404NotFound, controller.Explain(machine));
    }

    private Task Events(HttpContext context) => Stream(context, [.. controller.SpoolDirectories()]);

    /// <summary>Streams what a confined process of ours writes, as it is: it ends with the request.</summary>
    private async Task Changes(HttpContext context)
    {
        var query = Requests.Changes(name => [.. context.Request.Query[name].OfType<string>()]);
        if (!controller.Knows(query.Machine))
        {
            await Fail(context, StatusCodes.Status404NotFound, controller.Explain(query.Machine));
            return;
        }

        ChangeSession session;
        try
        {
            session = await controller.ChangesAsync(query);
        }
        catch (IOException refused)
        {
            await Fail(context, StatusCodes.Status409Conflict, refused.Message);
            return;
        }

        using (session)
        {
            context.Response.ContentType = "application/jsonl";
            try
            {
                await context.Response.StartAsync(context.RequestAborted);
                await session.CopyAsync(context.Response.Body, context.RequestAborted);
            }
            catch (OperationCanceledException)
            {
                // The client has seen enough.
            }
        }
    }

    /// <summary>Streams stored lines as they are: nothing that came from a VM is parsed here.</summary>
    private static async Task Stream(HttpContext context, IReadOnlyList<string> directories)
    {
        var follow = context.Request.Query["follow"] == "true";
        var tail = Requests.Tail(context.Request.Query["tail"]);
        context.Response.ContentType = "application/jsonl";
        try
        {
            await context.Response.StartAsync(context.RequestAborted);
            await LineStream.CopyAsync(directories, tail, follow, context.Response.Body, context.RequestAborted);
        }
        catch (OperationCanceledException)
        {
            // The client has seen enough.
        }
    }
}

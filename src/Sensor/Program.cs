using System.Text.Json;
using HyperSpector.Api;
using HyperSpector.Api.Plans;
using HyperSpector.Engine.Images.Unpacking;
using HyperSpector.Linux;
using HyperSpector.Sensor;

// hyperspector-sensor [PLAN]: first process of an IDS VM; starts what the plan names and keeps it running.
// hyperspector-sensor unpack IMAGE: first process of the throw-away VM that unpacks an image.
if (args is ["unpack", var image])
    return Unpacker.Run(image);
if (args.Length > 1 || args is [['-', ..]])
{
    Console.Error.WriteLine("hyperspector-sensor: usage: hyperspector-sensor [PLAN]");
    return 2;
}

var path = args is [var given] ? given : SensorPlan.Path;
try
{
    var plan = File.Exists(path)
        ? JsonSerializer.Deserialize(File.ReadAllBytes(path), ApiJson.Default.SensorPlan) ?? new SensorPlan()
        : new SensorPlan();
    using var supervisor = new Supervisor(plan, TimeProvider.System);
    supervisor.Run();
    return 0;
}
catch (Exception failed) when (failed is KernelException or IOException or JsonException or UnauthorizedAccessException)
{
    Console.Error.WriteLine($"hyperspector-sensor: {failed.Message}");
    return 1;
}

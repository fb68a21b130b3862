namespace HyperSpector.Engine.Network.Mirror;

/// <summary>A mirror port: frames of one server VM for one IDS VM.</summary>
/// <param name="Server">The watched server VM.</param>
/// <param name="Environment">The environment whose IDS VM gets the copies.</param>
/// <param name="Interface">The base's end.</param>
/// <param name="InsideName">The IDS VM's end, e.g. <c>mon0</c>.</param>
/// <param name="FlagMapId">Id of the flag map (one u32: copy or not); see <see cref="Switch.VirtualSwitch.OpenFlagMap"/>.</param>
/// <param name="Created">False if the right port was there already (a daemon that takes over).</param>
public sealed record MirrorPort(
    string Server, string Environment, string Interface, string InsideName, uint FlagMapId, bool Created);

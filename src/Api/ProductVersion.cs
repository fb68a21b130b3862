using System.Reflection;

namespace HyperSpector.Api;

/// <summary>The version that all our programs were built as.</summary>
public static class ProductVersion
{
    /// <summary>E.g. <c>0.1.0</c>.</summary>
    public static string Text { get; } =
        typeof(ProductVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0";
}

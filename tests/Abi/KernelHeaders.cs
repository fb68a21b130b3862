using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Text;
using HyperSpector.Linux.Abi;

namespace HyperSpector.Tests.Abi;

/// <summary>Turns types that carry <see cref="HeaderAttribute"/> into C that only compiles if they match their header.</summary>
internal static class KernelHeaders
{
    private const BindingFlags AllStatic = BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic;
    private const BindingFlags AllInstance = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic;

    /// <summary>Every type under test, public or not.</summary>
    internal static IEnumerable<Type> Types() =>
        typeof(HeaderAttribute).Assembly.GetTypes().Where(t => t.GetCustomAttribute<HeaderAttribute>() is not null);

    /// <summary>The C source of one type's comparison.</summary>
    internal static string Source(Type type)
    {
        var header = type.GetCustomAttribute<HeaderAttribute>()!;
        var c = new StringBuilder("#define _GNU_SOURCE\n#include <stddef.h>\n#include <sys/types.h>\n#include <sys/ioctl.h>\n");
        foreach (var path in header.Path.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            c.Append(CultureInfo.InvariantCulture, $"#include <{path}>\n");
        var since = type.GetCustomAttribute<SinceAttribute>();
        if (since is not null)
            c.Append(CultureInfo.InvariantCulture, $"#ifdef {since.Macro}\n");
        if (type.IsValueType && !type.IsEnum)
            AppendLayout(c, type, header.Type ?? $"struct {type.Name}");
        else
            AppendConstants(c, type);
        if (since is not null)
            c.Append("#endif\n");
        return c.ToString();
    }

    private static void AppendLayout(StringBuilder c, Type type, string name)
    {
        c.Append(CultureInfo.InvariantCulture, $"_Static_assert(sizeof({name}) == {Size(type)}, \"size of {name}\");\n");
        foreach (var field in type.GetFields(AllInstance))
        {
            if (field.GetCustomAttribute<OursAttribute>() is not null)
                continue;
            var since = field.GetCustomAttribute<SinceAttribute>();
            if (since is not null)
                c.Append(CultureInfo.InvariantCulture, $"#ifdef {since.Macro}\n");
            var offset = Marshal.OffsetOf(type, field.Name);
            c.Append(CultureInfo.InvariantCulture,
                $"_Static_assert(offsetof({name}, {field.Name}) == {offset}, \"offset of {field.Name}\");\n");
            c.Append(CultureInfo.InvariantCulture,
                $"_Static_assert(sizeof((({name} *)0)->{field.Name}) == {Size(field.FieldType)}, \"size of {field.Name}\");\n");
            if (since is not null)
                c.Append("#endif\n");
        }
    }

    private static void AppendConstants(StringBuilder c, Type type)
    {
        foreach (var field in type.GetFields(AllStatic).Where(f => f.IsLiteral))
        {
            if (field.GetCustomAttribute<OursAttribute>() is not null)
                continue;
            var since = field.GetCustomAttribute<SinceAttribute>();
            if (since is not null)
                c.Append(CultureInfo.InvariantCulture, $"#ifdef {since.Macro ?? field.Name}\n");
            AppendConstant(c, field.Name, field.GetRawConstantValue()!);
            if (since is not null)
                c.Append("#endif\n");
        }
    }

    /// <summary>Numbers are compared as 64-bit patterns, so that neither side's signedness matters; strings by strcmp.</summary>
    internal static void AppendConstant(StringBuilder c, string name, object value)
    {
        if (value is string text)
        {
            c.Append(CultureInfo.InvariantCulture,
                $"_Static_assert(__builtin_strcmp({name}, \"{text}\") == 0, \"{name}\");\n");
            return;
        }

        // A 32-bit pattern is compared as such: 0xC0502100 is a positive long in C and may be an int or uint here.
        var (bits, cast) = value switch
        {
            ulong u => (u, "unsigned long long"),
            long l => (unchecked((ulong)l), "unsigned long long"),
            uint u => (u, "unsigned int"),
            int i => (unchecked((uint)i), "unsigned int"),
            ushort s => (s, "unsigned int"),
            short s => (unchecked((uint)s), "unsigned int"),
            byte b => (b, "unsigned int"),
            sbyte b => (unchecked((uint)b), "unsigned int"),
            _ => throw new NotSupportedException($"{name} is a {value.GetType().Name}"),
        };
        c.Append(CultureInfo.InvariantCulture, $"_Static_assert(({cast})({name}) == {bits}ULL, \"{name}\");\n");
    }

    /// <summary>sizeof, as the runtime lays it out.</summary>
    internal static int Size(Type type)
    {
        if (type.IsEnum)
            type = Enum.GetUnderlyingType(type);
        if (type.IsPointer)
            return IntPtr.Size;
        // sizeof as the runtime lays it out; Marshal.SizeOf would refuse inline arrays.
        var generic = typeof(KernelHeaders).GetMethod(nameof(SizeOf), AllStatic)!;
        return (int)generic.MakeGenericMethod(type).Invoke(null, null)!;
    }

    private static int SizeOf<T>() where T : unmanaged => new T[2] is var two ? MemoryMarshal.AsBytes(two.AsSpan()).Length / 2 : 0;
}

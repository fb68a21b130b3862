using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Text;
using HyperSpector.Linux.Calls;
using Xunit;

namespace HyperSpector.Tests.Abi;

public sealed class CallStructureTests
{
    private const BindingFlags Fields = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic;

    public static TheoryData<string> Names() => [.. CallStructures.All.Select(s => s.Type.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Structure_ComparedWithItsHeader_Agrees(string name)
    {
        var structure = CallStructures.All.Single(s => s.Type.Name == name);
        var complaints = Compiler.Check(Source(structure));
        Assert.True(complaints.Length == 0, complaints);
    }

    [Fact]
    public void EveryStructure_HasARow()
    {
        var known = CallStructures.All.Select(s => s.Type).ToHashSet();
        var all = new[] { typeof(LibC), typeof(LibBpf), typeof(LibSeccomp) }
            .SelectMany(t => t.GetNestedTypes(BindingFlags.NonPublic | BindingFlags.Public))
            .Where(t => t is { IsValueType: true, IsEnum: false });
        Assert.Empty(all.Where(t => !known.Contains(t)).Select(t => t.Name));
    }

    [Fact]
    public void EveryField_IsCompared()
    {
        foreach (var structure in CallStructures.All)
        {
            Assert.Equal(
                structure.Type.GetFields(Fields).Select(f => f.Name).Order(), structure.Fields.Select(f => f.Ours).Order());
        }
    }

    private static string Source(CallStructure structure)
    {
        var c = new StringBuilder("#define _GNU_SOURCE\n#include <stddef.h>\n");
        foreach (var header in structure.Headers.Split(' '))
            c.Append(CultureInfo.InvariantCulture, $"#include <{header}>\n");
        var name = structure.Name;
        if (!structure.IsPrefix)
        {
            var size = KernelHeaders.Size(structure.Type);
            c.Append(CultureInfo.InvariantCulture, $"_Static_assert(sizeof({name}) == {size}, \"size of {name}\");\n");
        }

        foreach (var (ours, theirs) in structure.Fields.Where(f => f.Theirs.Length > 0))
        {
            var field = structure.Type.GetField(ours, Fields)!;
            var offset = Marshal.OffsetOf(structure.Type, ours);
            c.Append(CultureInfo.InvariantCulture, $"_Static_assert(offsetof({name}, {theirs}) == {offset}, \"offset of {theirs}\");\n");
            c.Append(CultureInfo.InvariantCulture,
                $"_Static_assert(sizeof((({name} *)0)->{theirs}) == {KernelHeaders.Size(field.FieldType)}, \"size of {theirs}\");\n");
        }

        return c.ToString();
    }
}

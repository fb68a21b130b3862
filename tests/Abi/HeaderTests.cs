using HyperSpector.Linux.Abi;
using HyperSpector.Linux.Handles;
using Xunit;

namespace HyperSpector.Tests.Abi;

public sealed class HeaderTests
{
    public static TheoryData<string> TypesWithHeader() => [.. KernelHeaders.Types().Select(t => t.FullName!)];

    [Theory]
    [MemberData(nameof(TypesWithHeader))]
    public void Type_ComparedWithItsHeader_Agrees(string name)
    {
        var type = typeof(FileDescriptor).Assembly.GetType(name)!;
        var complaints = Compiler.Check(KernelHeaders.Source(type));
        Assert.True(complaints.Length == 0, complaints);
    }

    [Fact]
    public void EveryAbiType_NamesItsHeader()
    {
        var without = typeof(HeaderAttribute).Assembly.GetTypes()
            .Where(t => t.Namespace == "HyperSpector.Linux.Abi" && !t.IsNested && !typeof(Attribute).IsAssignableFrom(t))
            .Where(t => !t.IsDefined(typeof(HeaderAttribute), inherit: false) && !t.Name.StartsWith('<'));
        Assert.Empty(without.Select(t => t.Name));
    }

    [Fact]
    public void Compiler_WrongOffset_Complains()
    {
        var source = KernelHeaders.Source(typeof(seccomp_notif)).Replace("pid) == 8", "pid) == 4", StringComparison.Ordinal);
        Assert.Contains("offset of pid", Compiler.Check(source), StringComparison.Ordinal);
    }

    [Fact]
    public void Compiler_WrongConstant_Complains()
    {
        var source = KernelHeaders.Source(typeof(Seccomp)).Replace("== 3226476800ULL", "== 1ULL", StringComparison.Ordinal);
        Assert.Contains("SECCOMP_IOCTL_NOTIF_RECV", Compiler.Check(source), StringComparison.Ordinal);
    }
}

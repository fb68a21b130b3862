using System.Buffers.Binary;
using HyperSpector.Tests.Kit.Watching;
using Xunit;

namespace HyperSpector.Tests.Unit.Watching;

public sealed class PcapFileTests
{
    [Theory]
    [InlineData(0xa1b2c3d4u, 7)]
    [InlineData(0xa1b23c4du, 7000)]
    public void File_OfMicroOrNanoseconds_IsRead(uint magic, int fraction)
    {
        var frames = PcapFile.Parse([.. Header(magic), .. Record(fraction, 20, 20), .. Record(fraction, 14, 1514)]);
        Assert.Equal(2, frames.Count);
        Assert.Equal(5_000_007, frames[0].Microseconds);
        Assert.Equal((14, 1514), (frames[1].Bytes.Length, frames[1].OriginalLength));
    }

    [Fact]
    public void File_CutShort_IsRefused()
    {
        byte[] whole = [.. Header(0xa1b2c3d4), .. Record(0, 20, 20)];
        Assert.Throws<InvalidDataException>(() => PcapFile.Parse(whole.AsSpan(..^1)));
        Assert.Throws<InvalidDataException>(() => PcapFile.Parse(whole.AsSpan(..30)));
        Assert.Throws<InvalidDataException>(() => PcapFile.Parse(whole.AsSpan(..10)));
    }

    [Fact]
    public void File_OfAnotherKind_IsRefused() =>
        Assert.Throws<InvalidDataException>(() => PcapFile.Parse(Header(0x0a0d0d0a)));

    private static byte[] Header(uint magic)
    {
        var header = new byte[24];
        BinaryPrimitives.WriteUInt32LittleEndian(header, magic);
        header[20] = 1;
        return header;
    }

    private static byte[] Record(int fraction, int captured, int original)
    {
        var record = new byte[16 + captured];
        record[0] = 5;
        BinaryPrimitives.WriteInt32LittleEndian(record.AsSpan(4), fraction);
        BinaryPrimitives.WriteInt32LittleEndian(record.AsSpan(8), captured);
        BinaryPrimitives.WriteInt32LittleEndian(record.AsSpan(12), original);
        return record;
    }
}

using System.Text;
using Krewe.Abstractions.Tensors;
using Krewe.Serving.Batching;

namespace Krewe.Serving.Tests.Batching;

public sealed class RowSlicesTests
{
    [Fact]
    public void Rows_of_numbers_are_equal_parts()
    {
        Assert.Equal(24, RowSlices.LengthOf(TensorType.Float32, new byte[60], [5, 3], 2, 5));
        Assert.Equal(0, RowSlices.LengthOf(TensorType.Float32, [], [0, 3], 0, 0));
    }

    [Fact]
    public void Rows_of_strings_are_as_long_as_their_strings()
    {
        byte[] packed = [.. Pack("a"), .. Pack(""), .. Pack("long one"), .. Pack("é")];

        Assert.Equal(4 + 1 + 4, RowSlices.LengthOf(TensorType.Bytes, packed, [2, 2], 1, 2));
        Assert.Equal(packed.Length, RowSlices.LengthOf(TensorType.Bytes, packed, [2, 2], 2, 2));
    }

    private static byte[] Pack(string text) => [.. BitConverter.GetBytes(Encoding.UTF8.GetByteCount(text)), .. Encoding.UTF8.GetBytes(text)];
}

using System.Runtime.InteropServices;
using Krewe.Abstractions.Tensors;
using Krewe.Serving.Loading;

namespace Krewe.Serving.Tests.Loading;

public sealed class OutputComparisonTests
{
    [Theory]
    [InlineData(1f, 1.0005f, true)]
    [InlineData(1f, 1.01f, false)]
    [InlineData(0f, 1e-6f, true)]
    [InlineData(float.NaN, float.NaN, true)]
    [InlineData(float.NaN, 1f, false)]
    [InlineData(float.PositiveInfinity, float.PositiveInfinity, true)]
    [InlineData(float.PositiveInfinity, float.NegativeInfinity, false)]
    [InlineData(float.PositiveInfinity, 1f, false)]
    public void Floats_agree_but_for_the_last_digits(float left, float right, bool expected) =>
        Assert.Equal(expected, OutputComparison.Agree(TensorType.Float32, Bytes(left), Bytes(right)));

    [Fact]
    public void Everything_else_agrees_exactly_or_not_at_all()
    {
        Assert.True(OutputComparison.Agree(TensorType.Int64, [1, 0, 0, 0, 0, 0, 0, 0], [1, 0, 0, 0, 0, 0, 0, 0]));
        Assert.False(OutputComparison.Agree(TensorType.Int64, [1, 0, 0, 0, 0, 0, 0, 0], [2, 0, 0, 0, 0, 0, 0, 0]));
        Assert.False(OutputComparison.Agree(TensorType.Float32, Bytes(1), []));
    }

    private static byte[] Bytes(float value) => MemoryMarshal.AsBytes([value]).ToArray();
}

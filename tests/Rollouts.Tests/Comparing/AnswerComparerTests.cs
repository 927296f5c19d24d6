using System.Runtime.InteropServices;
using Krewe.Abstractions.Tensors;
using Krewe.Rollouts.Comparing;
using Krewe.Rollouts.Counts;
using Krewe.Rollouts.Plans;

namespace Krewe.Rollouts.Tests.Comparing;

public sealed class AnswerComparerTests
{
    private static readonly ComparisonTolerance Tolerance = new(0.1, 0.5);

    [Theory]
    [InlineData(100, 110.9, true)] // 0.5 + 0.1 × 110.9 = 11.59
    [InlineData(100, 112, false)] // 0.5 + 0.1 × 112 = 11.7
    [InlineData(112, 100, false)]
    [InlineData(-100, -110.9, true)]
    [InlineData(0, 0.5, true)]
    [InlineData(0, -0.6, false)]
    [InlineData(0, -0.0, true)]
    [InlineData(double.NaN, double.NaN, true)]
    [InlineData(double.NaN, 1, false)]
    [InlineData(1, double.NaN, false)]
    [InlineData(double.PositiveInfinity, double.PositiveInfinity, true)]
    [InlineData(double.PositiveInfinity, double.NegativeInfinity, false)]
    [InlineData(double.PositiveInfinity, 1e300, false)]
    [InlineData(1, double.NegativeInfinity, false)]
    [InlineData(double.MaxValue, double.MinValue, false)]
    public void Numbers_agree_within_absolute_plus_relative_tolerance(double serving, double shadow, bool agree) =>
        Assert.Equal(agree, Compare(TensorOf.Values("y", [1, 1], serving), TensorOf.Values("y", [1, 1], shadow)).Agrees);

    [Fact]
    public void Differences_are_the_largest_and_the_mean_of_all_numbers()
    {
        var answer = Compare(
            [TensorOf.Values("a", [3], 1f, 2f, 3f), TensorOf.Values("b", [1, 2], 5L, 6L)],
            [TensorOf.Values("b", [1, 2], 5L, 10L), TensorOf.Values("a", [3], 1f, 2.5f, 2.5f)]);

        Assert.Equal(4, answer.LargestDifference);
        Assert.Equal(1, answer.MeanDifference);
        Assert.False(answer.Agrees);
    }

    [Fact]
    public void What_has_no_finite_difference_is_left_out_of_the_differences()
    {
        var serving = TensorOf.Values("y", [4], 1f, float.NaN, float.PositiveInfinity, float.NaN);
        var shadow = TensorOf.Values("y", [4], 4f, 1f, float.NegativeInfinity, float.NaN);

        var answer = Compare(serving, shadow);

        Assert.Equal(3, answer.LargestDifference);
        Assert.Equal(1.5, answer.MeanDifference);
        Assert.Null(Compare(TensorOf.Values("y", [1], float.NaN), TensorOf.Values("y", [1], 1f)).LargestDifference);
    }

    [Fact]
    public void Differences_stay_finite()
    {
        var answer = Compare(TensorOf.Values("y", [2], double.MaxValue, 0), TensorOf.Values("y", [2], double.MinValue, 0));

        Assert.Equal(float.MaxValue, answer.LargestDifference);
        Assert.Equal(float.MaxValue / 2.0, answer.MeanDifference);
    }

    [Fact]
    public void Whole_numbers_booleans_and_strings_agree_only_where_they_are_equal()
    {
        Assert.True(Compare(TensorOf.Values("y", [1, 2], 1, 2), TensorOf.Values("y", [1, 2], 1, 2)).Agrees);
        Assert.False(Compare(TensorOf.Values("y", [1, 2], 100, 200), TensorOf.Values("y", [1, 2], 100, 201)).Agrees);
        Assert.False(Compare(TensorOf.Values("y", [1, 2], true, true), TensorOf.Values("y", [1, 2], true, false)).Agrees);
        Assert.True(Compare(TensorOf.Strings("y", [2, 1, 1], "a", "bc"), TensorOf.Strings("y", [2, 1, 1], "a", "bc")).Agrees);
        Assert.False(Compare(TensorOf.Strings("y", [2, 1, 1], "a", "bc"), TensorOf.Strings("y", [2, 1, 1], "ab", "c")).Agrees);
    }

    [Fact]
    public void Whole_numbers_that_no_double_tells_apart_do_not_agree()
    {
        var answer = Compare(TensorOf.Values("y", [1, 2], long.MaxValue, 0), TensorOf.Values("y", [1, 2], long.MaxValue - 1, 0));

        Assert.False(answer.Agrees);
        Assert.Equal(0, answer.LargestDifference);
    }

    [Fact]
    public void An_output_that_is_missing_or_of_another_type_or_shape_disagrees()
    {
        var y = TensorOf.Values("y", [1, 2], 1f, 2f);

        Assert.False(Compare(y, TensorOf.Values("z", [1, 2], 1f, 2f)).Agrees);
        Assert.False(Compare(y, TensorOf.Values("y", [2, 1], 1f, 2f)).Agrees);
        Assert.False(Compare(y, TensorOf.Values("y", [1, 2], 1d, 2d)).Agrees);
        Assert.False(Compare([y, TensorOf.Values("z", [1], 1f)], [y]).Agrees);
        Assert.Null(Compare(y, TensorOf.Values("z", [1, 2], 1f, 2f)).MeanDifference);
    }

    [Fact]
    public void An_output_that_only_the_new_version_has_is_passed_over() =>
        Assert.True(Compare([TensorOf.Values("y", [1], 1f)], [TensorOf.Values("x", [1], 9f), TensorOf.Values("y", [1], 1f)]).Agrees);

    [Fact]
    public void Answers_without_elements_agree()
    {
        var answer = Compare(TensorOf.Values<float>("y", [0, 3]), TensorOf.Values<float>("y", [0, 3]));

        Assert.True(answer.Agrees);
        Assert.Null(answer.LargestDifference);
        Assert.Equal(0, answer.Labels);
    }

    [Fact]
    public void Large_answers_are_compared_where_they_lie()
    {
        var (serving, shadow) = (TensorOf.Values("y", [1000, 1000], new float[1_000_000]), TensorOf.Values("y", [1000, 1000], new float[1_000_000]));
        Compare(serving, shadow);

        var before = GC.GetAllocatedBytesForCurrentThread();
        var start = TimeProvider.System.GetTimestamp();
        Assert.True(Compare(serving, shadow).Agrees);
        TestContext.Current.TestOutputHelper?.WriteLine($"a million numbers: {TimeProvider.System.GetElapsedTime(start).TotalMilliseconds:0.0} ms");
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 4096);
    }

    [Theory]
    [InlineData(TensorType.UInt8)]
    [InlineData(TensorType.UInt16)]
    [InlineData(TensorType.UInt32)]
    [InlineData(TensorType.UInt64)]
    [InlineData(TensorType.Int8)]
    [InlineData(TensorType.Int16)]
    [InlineData(TensorType.Int32)]
    [InlineData(TensorType.Int64)]
    [InlineData(TensorType.Float16)]
    [InlineData(TensorType.BFloat16)]
    [InlineData(TensorType.Float32)]
    [InlineData(TensorType.Float64)]
    public void Numbers_of_every_type_are_read_beyond_the_first_block(TensorType type)
    {
        var (serving, shadow) = (Numbers(type, 700), Numbers(type, 700, at: 650, other: 64));

        var answer = Compare(serving, shadow);

        Assert.False(answer.Agrees);
        Assert.Equal(64 - (650 % 2), answer.LargestDifference);
        Assert.Equal(64.0 / 700, answer.MeanDifference!.Value, 12);
        Assert.True(Compare(serving, Numbers(type, 700)).Agrees);
    }

    private static Tensor Numbers(TensorType type, int count, int at = -1, int other = 0)
    {
        var values = Enumerable.Range(0, count).Select(i => i == at ? other : i % 2).ToArray();
        ReadOnlySpan<byte> bytes = type switch
        {
            TensorType.UInt8 => Bytes(values, x => (byte)x),
            TensorType.UInt16 => Bytes(values, x => (ushort)x),
            TensorType.UInt32 => Bytes(values, x => (uint)x),
            TensorType.UInt64 => Bytes(values, x => (ulong)x),
            TensorType.Int8 => Bytes(values, x => (sbyte)x),
            TensorType.Int16 => Bytes(values, x => (short)x),
            TensorType.Int32 => Bytes(values, x => x),
            TensorType.Int64 => Bytes(values, x => (long)x),
            TensorType.Float16 => Bytes(values, x => (Half)x),
            TensorType.BFloat16 => Bytes(values, x => (ushort)(BitConverter.SingleToUInt32Bits(x) >> 16)),
            TensorType.Float32 => Bytes(values, x => (float)x),
            TensorType.Float64 => Bytes(values, x => (double)x),
            _ => throw new ArgumentOutOfRangeException(nameof(type)),
        };
        return Tensor.Create("y", type, [1, count], bytes.ToArray());
    }

    private static ReadOnlySpan<byte> Bytes<T>(int[] values, Func<int, T> convert)
        where T : unmanaged => MemoryMarshal.AsBytes<T>(values.Select(convert).ToArray());

    private static AnswerComparison Compare(Tensor serving, Tensor shadow) => Compare([serving], [shadow]);

    private static AnswerComparison Compare(Tensor[] serving, Tensor[] shadow) =>
        AnswerComparer.Compare(Answers.Of(1, serving), Answers.Of(2, shadow), Tolerance);
}

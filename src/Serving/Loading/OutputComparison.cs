using System.Numerics;
using System.Runtime.InteropServices;
using Krewe.Abstractions.Tensors;

namespace Krewe.Serving.Loading;

/// <summary>Whether two outputs are equal up to the rounding errors of another summation order.</summary>
internal static class OutputComparison
{
    private const double Relative = 1e-3;
    private const double Absolute = 1e-5;

    public static bool Agree(TensorType type, ReadOnlySpan<byte> left, ReadOnlySpan<byte> right) =>
        left.Length == right.Length && type switch
    {
        TensorType.Float32 => Agree(MemoryMarshal.Cast<byte, float>(left), MemoryMarshal.Cast<byte, float>(right), 1),
        TensorType.Float64 => Agree(MemoryMarshal.Cast<byte, double>(left), MemoryMarshal.Cast<byte, double>(right), 1),
        TensorType.Float16 => Agree(MemoryMarshal.Cast<byte, Half>(left), MemoryMarshal.Cast<byte, Half>(right), 16),
        TensorType.BFloat16 => AgreeBrain(MemoryMarshal.Cast<byte, ushort>(left), MemoryMarshal.Cast<byte, ushort>(right)),
        _ => left.SequenceEqual(right),
    };

    /// <summary>
    /// The same, relative to the largest element of the output: small elements may result from cancellation of large ones.
    /// </summary>
    public static bool AgreeAtScale(TensorType type, ReadOnlySpan<byte> left, ReadOnlySpan<byte> right) =>
        Agree(type, left, right) || (left.Length == right.Length && type switch
        {
            TensorType.Float32 => AgreeAtScale(MemoryMarshal.Cast<byte, float>(left), MemoryMarshal.Cast<byte, float>(right), 1),
            TensorType.Float64 => AgreeAtScale(MemoryMarshal.Cast<byte, double>(left), MemoryMarshal.Cast<byte, double>(right), 1),
            TensorType.Float16 => AgreeAtScale(MemoryMarshal.Cast<byte, Half>(left), MemoryMarshal.Cast<byte, Half>(right), 16),
            _ => false,
        });

    private static bool AgreeAtScale<T>(ReadOnlySpan<T> left, ReadOnlySpan<T> right, double coarseness)
        where T : INumberBase<T>
    {
        var largest = 0.0;
        foreach (var value in left)
        {
            var size = Math.Abs(double.CreateTruncating(value));
            largest = double.IsFinite(size) ? Math.Max(largest, size) : largest;
        }

        return Agree(left, right, coarseness, coarseness * Relative * largest);
    }

    private static bool Agree<T>(ReadOnlySpan<T> left, ReadOnlySpan<T> right, double coarseness, double more = 0)
        where T : INumberBase<T>
    {
        for (var i = 0; i < left.Length; i++)
        {
            if (!Agree(double.CreateTruncating(left[i]), double.CreateTruncating(right[i]), coarseness, more))
            {
                return false;
            }
        }

        return true;
    }

    private static bool AgreeBrain(ReadOnlySpan<ushort> left, ReadOnlySpan<ushort> right)
    {
        for (var i = 0; i < left.Length; i++)
        {
            if (!Agree(FromBrain(left[i]), FromBrain(right[i]), 32, 0))
            {
                return false;
            }
        }

        return true;
    }

    private static float FromBrain(ushort bits) => BitConverter.UInt32BitsToSingle((uint)bits << 16);

    private static bool Agree(double left, double right, double coarseness, double more) =>
        left.Equals(right)
        || (double.IsFinite(left - right)
            && Math.Abs(left - right) <= more + (coarseness * (Absolute + (Relative * Math.Max(Math.Abs(left), Math.Abs(right))))));
}

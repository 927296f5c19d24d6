using Krewe.Abstractions.Memory;

namespace Krewe.Launch.Settings;

/// <summary>
/// Parses sizes: <c>512MiB</c>, <c>2GB</c>, <c>1.5GiB</c>, <c>1048576</c>, and shares of the memory: <c>50%</c>.
/// </summary>
public static class ByteSize
{
    private const string Units = "B, KB, KiB, MB, MiB, GB or GiB";

    /// <summary>A positive number of bytes that fits into one array.</summary>
    public static readonly Notation<long> OneArray = new(
        $"a size from 1B to 2000MB, such as 64MiB ({Units})",
        static (string text, out long bytes) => TryRead(text, 0, out bytes) && bytes <= 2_000_000_000);

    /// <summary>A positive number of bytes.</summary>
    public static readonly Notation<long> Any = new(
        $"a size of 1B or more, such as 16GiB ({Units})", static (string text, out long bytes) => TryRead(text, 0, out bytes));

    /// <summary>At least one mebibyte, or a share of the memory available to the process.</summary>
    public static readonly Notation<long> OrShare = new(
        $"a size such as 512MiB ({Units}) or a share of the memory such as 50%, at least 1MiB",
        static (string text, out long bytes) =>
            TryRead(text, AvailableMemory.Bytes, out bytes) && bytes >= 1L << 20);

    /// <summary>Parses a size; a share is of <paramref name="whole"/> bytes, or invalid if that is 0.</summary>
    internal static bool TryRead(string text, long whole, out long bytes)
    {
        bytes = 0;
        if (!Quantity.TryRead(text, out var quantity)
            || Factor(quantity.Unit, whole) is not { } factor
            || (quantity.Unit == "%" && quantity.Number > 100)
            || quantity.Number > long.MaxValue / factor)
        {
            return false;
        }

        bytes = (long)(quantity.Number * factor);
        return bytes > 0;
    }

    private static decimal? Factor(string unit, long whole) => unit.ToUpperInvariant() switch
    {
        "" or "B" => 1,
        "KB" => 1_000,
        "MB" => 1_000_000,
        "GB" => 1_000_000_000,
        "K" or "KIB" => 1L << 10,
        "M" or "MIB" => 1L << 20,
        "G" or "GIB" => 1L << 30,
        "%" when whole > 0 => whole / 100m,
        _ => null,
    };
}

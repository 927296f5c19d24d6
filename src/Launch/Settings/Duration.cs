namespace Krewe.Launch.Settings;

/// <summary>Parses durations: <c>500ms</c>, <c>90s</c>, <c>10m</c>, <c>1.5h</c>, <c>2d</c>.</summary>
public static class Duration
{
    private const string Units = "ms, s, m, h or d";
    private static readonly TimeSpan Longest = TimeSpan.FromDays(365);

    /// <summary>A positive duration.</summary>
    public static readonly Notation<TimeSpan> Positive = new($"a positive time such as 30s ({Units}), at most 365d", TryRead);

    /// <summary>A positive duration of at most one day.</summary>
    public static readonly Notation<TimeSpan> UpToADay = new(
        $"a positive time such as 30s ({Units}), at most 1d", static (string text, out TimeSpan time) =>
        TryRead(text, out time) && time <= TimeSpan.FromDays(1));

    /// <summary>A poll interval.</summary>
    public static readonly Notation<TimeSpan> Interval = new(
        $"a time from 10ms to 1d, such as 5s ({Units})", static (string text, out TimeSpan time) =>
        TryRead(text, out time) && time >= TimeSpan.FromMilliseconds(10) && time <= TimeSpan.FromDays(1));

    /// <summary>A positive duration, or <c>never</c>, which is infinite.</summary>
    public static readonly Notation<TimeSpan> OrNever = new(
        $"a positive time such as 10m ({Units}), at most 365d, or 'never'", static (string text, out TimeSpan time) =>
        {
            time = Timeout.InfiniteTimeSpan;
            return text.Equals("never", StringComparison.OrdinalIgnoreCase) || TryRead(text, out time);
        });

    private static bool TryRead(string text, out TimeSpan time)
    {
        time = default;
        if (!Quantity.TryRead(text, out var quantity)
            || Ticks(quantity.Unit) is not { } unit
            || quantity.Number > Longest.Ticks / unit)
        {
            return false;
        }

        time = TimeSpan.FromTicks((long)(quantity.Number * unit));
        return time > TimeSpan.Zero;
    }

    private static long? Ticks(string unit) => unit switch
    {
        "ms" => TimeSpan.TicksPerMillisecond,
        "s" => TimeSpan.TicksPerSecond,
        "m" or "min" => TimeSpan.TicksPerMinute,
        "h" => TimeSpan.TicksPerHour,
        "d" => TimeSpan.TicksPerDay,
        _ => null,
    };
}

namespace Krewe.Serving;

/// <summary>After how long a failed load is worth another try: 1 s, doubling to 60 s.</summary>
internal static class LoadBackOff
{
    private static readonly TimeSpan First = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(60);

    /// <summary>The wait after so many failures in a row, the first being 1.</summary>
    public static TimeSpan After(int failures) =>
        failures > 6 ? Longest : TimeSpan.FromTicks(Math.Min(Longest.Ticks, First.Ticks << (failures - 1)));
}

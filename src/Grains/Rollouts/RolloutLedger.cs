using System.Collections.Immutable;
using Krewe.Grains.Interfaces.Models;
using Krewe.Grains.Storage;
using Krewe.Rollouts.Counts;
using Krewe.Rollouts.Storage;

namespace Krewe.Grains.Rollouts;

/// <summary>
/// The counts of a model's last rollout: merged as reports arrive, stored every few seconds and before every decision. Call it from the
/// grain's scheduler only; reports and reads may interleave, writes run in the grain's turns.
/// </summary>
internal sealed class RolloutLedger(DurableState<CountsState> state, RolloutClock clock, TimeProvider time)
{
    private static readonly TimeSpan SaveInterval = TimeSpan.FromSeconds(5);
    private CallReadings readings = new("");
    private bool isSaved = true;
    private long savedAt;

    /// <summary>True while merged counts are not stored.</summary>
    public bool HasUnsaved => !isSaved;

    /// <summary>Merges a report of a rollout.</summary>
    public async Task AddAsync(string rollout, CallReport report)
    {
        await SwitchToAsync(rollout);
        var before = readings;
        readings = readings.With(report, clock.Now);
        isSaved &= ReferenceEquals(before.Reports, readings.Reports);
    }

    /// <summary>The counts of a rollout, by step.</summary>
    public async Task<ImmutableSortedDictionary<int, StepCounts>> SumAsync(string rollout)
    {
        await SwitchToAsync(rollout);
        return readings.Sum();
    }

    /// <summary>Stores unsaved counts, now or if the last save is long enough ago.</summary>
    public async Task SaveAsync(bool now)
    {
        if (isSaved || (!now && time.GetElapsedTime(savedAt) < SaveInterval))
        {
            return;
        }

        isSaved = true;
        var wanted = readings.Rollout;
        try
        {
            await state.UpdateAsync(before =>
            {
                // Another activation of the grain may have written briefly.
                readings = readings.With(before, clock.Now);
                return readings.Rollout == wanted ? readings.ToState() : before;
            });
        }
        catch
        {
            isSaved = false;
            throw;
        }

        savedAt = time.GetTimestamp();
    }

    private async Task SwitchToAsync(string rollout)
    {
        await state.ReadAsync();
        if (readings.Rollout != rollout)
        {
            (readings, isSaved) = (new CallReadings(rollout).With(state.Value!, clock.Now), true);
        }
    }
}

/// <summary>The stored form of the counts of a model's last rollout. Immutable after it is read.</summary>
[GenerateSerializer, Immutable, Alias("krewe.counts-state")]
internal sealed class CountsState
{
    /// <summary>The rollout; empty for none.</summary>
    [Id(0), JsonPropertyName("rollout")]
    public string Rollout { get; init; } = "";

    /// <summary>The last report of each process.</summary>
    [Id(1), JsonPropertyName("reports")]
    public Dictionary<string, StoredReport> Reports { get; init; } = [];

    /// <summary>Processes whose reports were merged after a long silence.</summary>
    [Id(2), JsonPropertyName("gone")]
    public List<string> Gone { get; init; } = [];
}

/// <summary>The stored form of a <see cref="CallReport"/>.</summary>
[GenerateSerializer, Immutable, Alias("krewe.stored-report")]
internal sealed class StoredReport
{
    /// <summary>See <see cref="CallReport.Number"/>.</summary>
    [Id(0), JsonPropertyName("number")]
    public long Number { get; init; }

    /// <summary>The counts as <see cref="TrafficJson"/> writes them.</summary>
    [Id(1), JsonPropertyName("counts")]
    public byte[] Counts { get; init; } = [];
}

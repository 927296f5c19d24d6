using System.Collections.Immutable;
using Krewe.Grains.Interfaces.Models;
using Krewe.Grains.Storage;
using Krewe.Rollouts.Counts;
using Krewe.Rollouts.Storage;

namespace Krewe.Grains.Rollouts;

/// <summary>
/// The counts of a model's last rollout: taken in as they are reported, written every few seconds and whenever something is decided. To
/// be used from the grain's scheduler only: reports and readings may interleave, writes are made in turns.
/// </summary>
internal sealed class RolloutLedger(DurableState<CountsState> state, TimeProvider time)
{
    private static readonly TimeSpan SaveInterval = TimeSpan.FromSeconds(5);
    private CallReadings readings = new("");
    private bool isSaved = true;
    private long savedAt;

    /// <summary>True where something was taken in that is not written yet.</summary>
    public bool HasNews => !isSaved;

    /// <summary>Takes a report of a rollout in.</summary>
    public async Task AddAsync(string rollout, CallReport report)
    {
        await TurnToAsync(rollout);
        var before = readings;
        readings = readings.With(report, time.GetUtcNow());
        isSaved &= ReferenceEquals(before.Reports, readings.Reports);
    }

    /// <summary>What was counted under a rollout, by step.</summary>
    public async Task<ImmutableSortedDictionary<int, StepCounts>> SumAsync(string rollout)
    {
        await TurnToAsync(rollout);
        return readings.Sum();
    }

    /// <summary>Writes what is new; at once, or once in a while.</summary>
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
                // Another activation of the grain may have been there for a moment.
                readings = readings.With(before, time.GetUtcNow());
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

    private async Task TurnToAsync(string rollout)
    {
        await state.ReadAsync();
        if (readings.Rollout != rollout)
        {
            (readings, isSaved) = (new CallReadings(rollout).With(state.Value!, time.GetUtcNow()), true);
        }
    }
}

/// <summary>What was counted under a model's last rollout as it lies in the database. Not changed in place.</summary>
[GenerateSerializer, Immutable, Alias("krewe.counts-state")]
internal sealed class CountsState
{
    /// <summary>The rollout; empty for none.</summary>
    [Id(0), JsonPropertyName("rollout")]
    public string Rollout { get; init; } = "";

    /// <summary>The last report of each process.</summary>
    [Id(1), JsonPropertyName("reports")]
    public Dictionary<string, StoredReport> Reports { get; init; } = [];

    /// <summary>Processes that were silent for so long that their reports were added to the others'.</summary>
    [Id(2), JsonPropertyName("gone")]
    public List<string> Gone { get; init; } = [];
}

/// <summary>A <see cref="CallReport"/> as it lies in the database.</summary>
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

namespace Krewe.Grains;

/// <summary>What was counted under a model's last rollout as it lies in the database. Not changed in place.</summary>
[GenerateSerializer, Immutable, Alias("krewe.counts-state")]
internal sealed class CountsState
{
    /// <summary>The rollout; empty for none.</summary>
    [Id(0)]
    public string Rollout { get; init; } = "";

    /// <summary>The last report of each process.</summary>
    [Id(1)]
    public Dictionary<string, StoredReport> Reports { get; init; } = [];

    /// <summary>Processes that were silent for so long that their reports were added to the others'.</summary>
    [Id(2)]
    public List<string> Gone { get; init; } = [];
}

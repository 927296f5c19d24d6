using Krewe.Abstractions;

namespace Krewe.Rollouts;

/// <summary>What became of one version's copies, for metrics; safe from any thread.</summary>
internal sealed class ShadowCounter(ModelId version)
{
    private long compared;
    private long disagreements;
    private long skipped;

    public IReadOnlyList<KeyValuePair<string, string>> Labels { get; } =
        [new("model", version.Name.Value), new("version", version.Version.ToString())];

    public long Compared => Volatile.Read(ref compared);

    public long Disagreements => Volatile.Read(ref disagreements);

    public long Skipped => Volatile.Read(ref skipped);

    public void AddComparison(bool agrees)
    {
        Interlocked.Increment(ref compared);
        Interlocked.Add(ref disagreements, agrees ? 0 : 1);
    }

    public void AddSkipped() => Interlocked.Increment(ref skipped);
}

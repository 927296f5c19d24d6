using System.Collections.Concurrent;

namespace Krewe.Conformance.Tests.Operators;

/// <summary>What became of the models: counts by what happened, and every disagreement in words.</summary>
internal sealed class Tally
{
    private readonly ConcurrentDictionary<string, int> counts = new();
    private readonly ConcurrentQueue<string> faults = new();

    public IReadOnlyCollection<string> Faults => faults;

    public int this[string what] => counts.GetValueOrDefault(what);

    public void Count(string what) => counts.AddOrUpdate(what, 1, static (_, count) => count + 1);

    public void Fault(string text) => faults.Enqueue(text);

    public override string ToString() =>
        string.Join("; ", counts.OrderByDescending(static pair => pair.Value).Select(static pair => $"{pair.Value} {pair.Key}"));
}

using System.Collections.Concurrent;

namespace Krewe.Access.Auditing;

/// <summary>
/// Lets the first refusals of an interval have lines, of each caller, address and status, and counts the rest: a flood fills no disk and
/// crowds out no change.
/// </summary>
internal sealed class RefusalLimit
{
    /// <summary>The most lines of one kind in an interval.</summary>
    public const int LinesOfOne = 20;

    /// <summary>The most kinds in an interval; further ones share a count.</summary>
    public const int MaxKinds = 100;

    private static readonly (string, string, string?) Others = ("others", "others", null);
    private ConcurrentDictionary<(string Actor, string From, string? Status), Count> counts = new();

    /// <summary>Whether a refusal gets a line.</summary>
    public bool Admits(AuditEvent refusal)
    {
        var now = Volatile.Read(ref counts);
        var kind = (refusal.Actor, refusal.From, refusal.Status);
        var count = now.TryGetValue(kind, out var known) ? known
            : now.GetOrAdd(now.Count < MaxKinds ? kind : Others, static _ => new Count());
        return Interlocked.Increment(ref count.All) <= LinesOfOne;
    }

    /// <summary>The refusals without a line since the last call.</summary>
    public IEnumerable<AuditEvent> TakeCounts() => Interlocked.Exchange(ref counts, new()).Where(static pair => pair.Value.All > LinesOfOne)
        .Select(static pair => new AuditEvent
        {
            At = default, Actor = pair.Key.Actor, From = pair.Key.From, Action = "several", Outcome = "refused", Status = pair.Key.Status,
            Count = pair.Value.All - LinesOfOne,
        });

    private sealed class Count
    {
        public long All;
    }
}

using System.Collections.Concurrent;
using Krewe.Access.Callers;
using Krewe.Access.Keys;

namespace Krewe.Access.Tokens;

/// <summary>The callers by the hashes of their tokens, so that a signature is checked once. Bounded.</summary>
internal sealed class TokenCallers
{
    /// <summary>The most tokens that are kept.</summary>
    public const int Capacity = 10_000;

    private readonly ConcurrentDictionary<KeyHash, Caller> callers = new();

    /// <summary>Who has this token; null if it was not seen before, or is no longer good.</summary>
    public Caller? Find(KeyHash token) => callers.TryGetValue(token, out var caller) && caller.IsValid ? caller : null;

    public void Add(KeyHash token, Caller caller)
    {
        if (callers.Count >= Capacity)
        {
            foreach (var (former, _) in callers.Where(static pair => !pair.Value.IsValid))
            {
                callers.TryRemove(former, out _);
            }

            if (callers.Count >= Capacity)
            {
                callers.Clear();
            }
        }

        callers[token] = caller;
    }
}

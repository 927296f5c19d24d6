using Krewe.Grains.Interfaces.Models;

namespace Krewe.Grains.Models;

/// <summary>
/// Tracks the route epoch that each subscriber has applied, and where to push changes. A member counts while it is alive, an external
/// client for ten seconds after its last read: it stops using routes that it has not read for five. To be used from the grain's scheduler
/// only.
/// </summary>
internal sealed class RouteSubscribers(TimeProvider time, bool mayBeOutside = true)
{
    private static readonly TimeSpan OutsideLife = TimeSpan.FromSeconds(10);
    private readonly Dictionary<string, Heard> readers = [];
    private readonly long start = time.GetTimestamp();
    private TaskCompletionSource next = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Done when somebody reads.</summary>
    public Task Next => next.Task;

    /// <summary>A reader has read.</summary>
    public void Hear(BookReader reader)
    {
        // Questions may overtake each other, and nobody goes back to an older book.
        var before = readers.GetValueOrDefault(reader.Name);
        readers[reader.Name] = new Heard(
            reader.IsMember, Math.Max(before.Shown, reader.Shown), time.GetTimestamp(), reader.Observer ?? before.Observer);
        (var heard, next) = (next, new(TaskCreationOptions.RunContinuationsAsynchronously));
        heard.SetResult();
    }

    /// <summary>Pushes a change to all who were heard of lately. It may be lost: they read twice a second.</summary>
    public void Tell(RouteNews news)
    {
        foreach (var reader in readers.Values.Where(reader => time.GetElapsedTime(reader.At) < OutsideLife))
        {
            reader.Observer?.Hear(news);
        }
    }

    /// <summary>Those that may still go by a book before a sequence, by name.</summary>
    public IReadOnlyList<string> FindBehind(long sequence, IReadOnlyCollection<string> members)
    {
        foreach (var gone in readers.Where(reader => !IsThere(reader.Key, reader.Value, members)).Select(reader => reader.Key).ToArray())
        {
            readers.Remove(gone);
        }

        var behind = members.Where(member => !readers.TryGetValue(member, out var heard) || heard.Shown < sequence)
            .Concat(readers.Where(reader => !reader.Value.IsMember && reader.Value.Shown < sequence).Select(reader => reader.Key));

        // Those outside that read from the activation before this one, and not since, are not known here.
        return mayBeOutside && time.GetElapsedTime(start) < OutsideLife ? [.. behind, "clients outside of the cluster"] : [.. behind];
    }

    private bool IsThere(string name, Heard reader, IReadOnlyCollection<string> members) =>
        reader.IsMember ? members.Contains(name) : time.GetElapsedTime(reader.At) < OutsideLife;

    private readonly record struct Heard(bool IsMember, long Shown, long At, IRouteObserver? Observer);
}

using Krewe.Grains.Interfaces;

namespace Krewe.Grains;

/// <summary>
/// Who reads the route book and what he goes by. Members are waited for as long as they are alive. Nobody knows whether others are; they
/// stop going by a book that they have not read for five seconds, and are waited for twice as long. Not thread-safe.
/// </summary>
internal sealed class RouteReaders(TimeProvider time, bool mayBeOutside = true)
{
    private static readonly TimeSpan OutsideLife = TimeSpan.FromSeconds(10);
    private readonly Dictionary<string, Heard> readers = [];
    private readonly long start = time.GetTimestamp();

    /// <summary>A reader has read.</summary>
    public void Hear(BookReader reader)
    {
        // Questions may overtake each other, and nobody goes back to an older book.
        var shown = readers.TryGetValue(reader.Name, out var before) ? Math.Max(before.Shown, reader.Shown) : reader.Shown;
        readers[reader.Name] = new Heard(reader.IsMember, shown, time.GetTimestamp());
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

    private readonly record struct Heard(bool IsMember, long Shown, long At);
}

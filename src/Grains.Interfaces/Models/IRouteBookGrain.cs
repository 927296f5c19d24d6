using Orleans.Concurrency;

namespace Krewe.Grains.Interfaces.Models;

/// <summary>
/// All routes that are not the default in one place, because grain storage cannot be searched: there is one, with the key
/// <see cref="Key"/>. It pushes changes to all who read it; everybody polls it as well, and nobody waits for it.
/// </summary>
[Alias("krewe.route-book")]
public interface IRouteBookGrain : IGrainWithStringKey
{
    /// <summary>The only key.</summary>
    const string Key = "cluster";

    /// <summary>Takes a route whose epoch is above the one known.</summary>
    [Alias("publish")]
    Task PublishAsync(ModelRoute route);

    /// <summary>The book; null where the reader has it already.</summary>
    /// <param name="knownSequence">The sequence of the reader's book, -1 for none.</param>
    [AlwaysInterleave, Alias("read")]
    Task<RouteBook?> ReadAsync(long knownSequence);

    /// <summary>The same for a reader who says who he is, so that it can be known when he has what was published.</summary>
    [AlwaysInterleave, Alias("read-as")]
    Task<RouteBook?> ReadAsync(long knownSequence, BookReader reader);

    /// <summary>
    /// Waits until all readers go by what is published now: members for as long as they are alive, others for ten seconds after they
    /// last read. Returns those that do not when patience ends; nobody where all do.
    /// </summary>
    [AlwaysInterleave, Alias("when-read")]
    Task<IReadOnlyList<string>> WaitUntilReadAsync(TimeSpan patience);
}

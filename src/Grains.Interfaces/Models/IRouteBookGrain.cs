namespace Krewe.Grains.Interfaces;

/// <summary>
/// All routes that are not the default, durable and in one place, because grain storage cannot be searched: there is one, with the
/// key <see cref="Key"/>. Everybody polls it; nobody waits for it.
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
    [Alias("read")]
    Task<RouteBook?> ReadAsync(long knownSequence);
}

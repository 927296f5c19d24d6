namespace Krewe.Grains.Interfaces;

/// <summary>
/// The durable route of one model; its key is the model's name. Every change raises the epoch and is published in the route book.
/// Off the path of requests.
/// </summary>
[Alias("krewe.model")]
public interface IModelGrain : IGrainWithStringKey
{
    /// <summary>The route as it stands.</summary>
    [Alias("route")]
    Task<ModelRoute> GetRouteAsync();

    /// <summary>An operator takes versions out, or (false) lets them in again.</summary>
    [Alias("set-unloaded")]
    Task<ModelRoute> SetUnloadedAsync(IReadOnlyList<long> versions, bool unloaded);

    /// <summary>A version is not to be loaded any more, for a reason.</summary>
    [Alias("quarantine")]
    Task<ModelRoute> QuarantineAsync(long version, string reason);

    /// <summary>A version may be loaded again.</summary>
    [Alias("clear-quarantine")]
    Task<ModelRoute> ClearQuarantineAsync(long version);
}

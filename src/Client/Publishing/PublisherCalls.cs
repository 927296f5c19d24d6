using Krewe.Abstractions.Errors;
using Krewe.Client.Cluster;
using Krewe.Client.Control;
using Krewe.Grains.Interfaces.Publishing;

namespace Krewe.Client.Publishing;

/// <summary>The calls to one silo's repository.</summary>
internal sealed class PublisherCalls(string silo, SiloAddress address, bool isDraining, IGrainFactory grains, GrainCalls calls)
{
    public string Silo => silo;

    public bool IsDraining => isDraining;

    /// <summary>Calls the silo; throws <see cref="KreweErrorCode.Unavailable"/> if it is lost.</summary>
    public Task<T> AskAsync<T>(Func<IPublisherGrain, Task<T>> question, CancellationToken cancellationToken) =>
        calls.AskSiloAsync(silo, () => question(grains.Find<IPublisherGrain>(address.ToParsableString())), cancellationToken);

    /// <inheritdoc cref="AskAsync{T}"/>
    public Task AskAsync(Func<IPublisherGrain, Task> question, CancellationToken cancellationToken) => AskAsync(
        async asked =>
        {
            await question(asked);
            return true;
        },
        cancellationToken);
}

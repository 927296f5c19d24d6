using Krewe.Abstractions;

namespace Krewe.Grains.Interfaces;

/// <summary>One silo that stands for a repository, and the calls of it: what is lost on the way becomes an error that names the silo.</summary>
internal sealed class PublisherCalls(string silo, SiloAddress address, bool isDraining, IGrainFactory grains)
{
    private readonly IPublisherGrain grain = grains.GetGrain<IPublisherGrain>(address.ToParsableString());

    public string Silo => silo;

    public bool IsDraining => isDraining;

    /// <summary>Asks the silo; throws <see cref="KreweErrorCode.Unavailable"/> where it is lost.</summary>
    public async Task<T> AskAsync<T>(Func<IPublisherGrain, Task<T>> question, CancellationToken cancellationToken)
    {
        try
        {
            return await question(grain).WaitAsync(cancellationToken);
        }
        catch (Exception error) when (LostCall.Is(error) && !cancellationToken.IsCancellationRequested)
        {
            throw KreweException.Unavailable($"silo '{silo}' was lost, or did not answer in time", TimeSpan.FromSeconds(5), error);
        }
    }

    /// <inheritdoc cref="AskAsync{T}"/>
    public Task AskAsync(Func<IPublisherGrain, Task> question, CancellationToken cancellationToken) => AskAsync(
        async asked =>
        {
            await question(asked);
            return true;
        },
        cancellationToken);
}

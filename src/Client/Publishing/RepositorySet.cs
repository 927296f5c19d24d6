using Krewe.Abstractions.Errors;
using Krewe.Client.Control;
using Krewe.Client.Monitoring;
using Krewe.Grains.Interfaces.Publishing;

namespace Krewe.Client.Publishing;

/// <summary>The repositories of a cluster, each with one silo that writes to it; silos may share a repository.</summary>
internal sealed class RepositorySet
{
    private RepositorySet(IReadOnlyList<PublisherCalls> silos, IReadOnlyList<PublisherCalls> writers) =>
        (Silos, Writers) = (silos, writers);

    /// <summary>Every silo.</summary>
    public IReadOnlyList<PublisherCalls> Silos { get; }

    /// <summary>One silo for each repository.</summary>
    public IReadOnlyList<PublisherCalls> Writers { get; }

    /// <summary>
    /// Asks all silos for their repositories. Throws <see cref="KreweErrorCode.Unavailable"/> if a silo does not answer or no silo can
    /// write to a repository, because a version would be missing there.
    /// </summary>
    public static async Task<RepositorySet> FindAsync(
        ClusterSnapshot snapshot, IGrainFactory grains, GrainCalls calls, CancellationToken cancellationToken)
    {
        PublisherCalls[] silos = [.. snapshot.Nodes.OrderBy(node => node.Report.Name, StringComparer.Ordinal)
            .Select(node => new PublisherCalls(node.Report.Name, node.Address, node.Report.IsDraining, grains, calls))];
        var described = await DescribeAsync(silos, cancellationToken);
        if (described.Any(silo => silo.Repository.Id.Length == 0))
        {
            // A read-only silo learns the id once another silo has written it.
            described = await DescribeAsync(silos, cancellationToken);
        }

        return new RepositorySet(silos, ChooseWriters(described));
    }

    /// <summary>One silo per repository, preferably one that is not draining.</summary>
    internal static IReadOnlyList<PublisherCalls> ChooseWriters(
        IEnumerable<(PublisherCalls Silo, RepositoryDescription Repository)> described) =>
    [
        .. described.GroupBy(silo => silo.Repository.Id.Length > 0 ? silo.Repository.Id : silo.Silo.Silo).Select(sharing =>
            sharing.Where(silo => silo.Repository.Obstacle.Length == 0).OrderBy(silo => silo.Silo.IsDraining).Select(silo =>
                silo.Silo).FirstOrDefault()
            ?? throw KreweException.Unavailable(
                $"the repository of silo '{sharing.First().Silo.Silo}': {sharing.First().Repository.Obstacle}")),
    ];

    private static Task<(PublisherCalls Silo, RepositoryDescription Repository)[]> DescribeAsync(
        IEnumerable<PublisherCalls> silos, CancellationToken cancellationToken) =>
        Task.WhenAll(silos.Select(async silo => (silo, await silo.AskAsync(grain => grain.DescribeAsync(), cancellationToken))));
}

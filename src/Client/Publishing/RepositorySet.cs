using Krewe.Abstractions.Errors;
using Krewe.Client.Control;
using Krewe.Client.Monitoring;
using Krewe.Grains.Interfaces.Publishing;

namespace Krewe.Client.Publishing;

/// <summary>The repositories of a cluster: silos may share one or have one each, and one silo speaks for each of them.</summary>
internal sealed class RepositorySet
{
    private RepositorySet(IReadOnlyList<PublisherCalls> silos, IReadOnlyList<PublisherCalls> speakers) =>
        (Silos, Speakers) = (silos, speakers);

    /// <summary>Every silo.</summary>
    public IReadOnlyList<PublisherCalls> Silos { get; }

    /// <summary>One silo for each repository.</summary>
    public IReadOnlyList<PublisherCalls> Speakers { get; }

    /// <summary>
    /// Asks all silos which repository they have. A silo that does not answer, or a repository that no silo can change, throws
    /// <see cref="KreweErrorCode.Unavailable"/>: a version would be missing there.
    /// </summary>
    public static async Task<RepositorySet> FindAsync(
        ClusterSnapshot view, IGrainFactory grains, GrainCalls calls, CancellationToken cancellationToken)
    {
        PublisherCalls[] silos = [.. view.Nodes.OrderBy(node => node.Report.Name, StringComparer.Ordinal)
            .Select(node => new PublisherCalls(node.Report.Name, node.Address, node.Report.IsDraining, grains, calls))];
        var described = await DescribeAsync(silos, cancellationToken);
        if (described.Any(silo => silo.Repository.Id.Length == 0))
        {
            // One that may only read knows the name as soon as another has given it.
            described = await DescribeAsync(silos, cancellationToken);
        }

        return new RepositorySet(silos, ChooseSpeakers(described));
    }

    /// <summary>One silo for each repository, one that stays rather than one that leaves.</summary>
    internal static IReadOnlyList<PublisherCalls> ChooseSpeakers(
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

using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Models;
using Krewe.Abstractions.Publishing;
using Krewe.Client.Control;
using Krewe.Client.Monitoring;
using Krewe.Grains.Interfaces.Publishing;
using Microsoft.Extensions.Logging;

namespace Krewe.Client.Publishing;

/// <summary>
/// Publishes to every repository of a cluster: the bytes go through one silo per repository, and all are checked before the first commit.
/// </summary>
internal sealed partial class ClusterModelPublisher(
    NodeQueries nodes, IClusterSnapshotSource snapshots, IGrainFactory grains, GrainCalls calls, IVersionGuard guard,
    ServingSignature signature,
    TimeProvider time,
    ILogger<ClusterModelPublisher> logger) : IModelPublisher
{
    public async ValueTask<PublishedVersion> PublishAsync(
        ModelId version, Stream content, PublishRequest request, CancellationToken cancellationToken)
    {
        var repositories = await FindAsync(cancellationToken);
        await using var upload = await ClusterUpload.BeginAsync(repositories.Writers, UploadStart.Of(version, request), cancellationToken);
        await upload.SendAsync(content, cancellationToken);
        await upload.CompleteAsync(DateTimeOffset.FromUnixTimeSeconds(time.GetUtcNow().ToUnixTimeSeconds()), cancellationToken);
        var found = upload.Content;
        var isNew = upload.IsWanted && await CheckAndCommitAsync(version, upload, request, cancellationToken);
        await ScanAsync(repositories, version);
        if (isNew)
        {
            LogPublished(version, repositories.Writers.Count, found.SizeBytes, found.Sha256);
        }

        return new PublishedVersion(
            version, found.SizeBytes, Sha256Digest.Parse(found.Sha256), [.. found.Files.Select(file => file.ToPublished())], isNew);
    }

    public async ValueTask DeleteAsync(ModelId version, CancellationToken cancellationToken)
    {
        var repositories = await FindAsync(cancellationToken);
        var having = await Task.WhenAll(
            repositories.Writers.Select(silo => silo.AskAsync(grain => grain.ContainsAsync(version), cancellationToken)));
        if (!having.Contains(true))
        {
            throw UnknownModel.Error(new ModelReference(version.Name, VersionSelector.Of(version.Version)));
        }

        await guard.RetireAsync(version, cancellationToken);

        // From here on it is completed even if the caller goes away.
        await DeleteAsync(repositories, version);
        await ScanAsync(repositories, version);
        await guard.RetiredAsync(version, CancellationToken.None);
        await snapshots.RefreshAsync(CancellationToken.None);
        LogDeleted(version, having.Count(has => has));
    }

    private static async Task DeleteAsync(RepositorySet repositories, ModelId version)
    {
        try
        {
            await Task.WhenAll(
                repositories.Writers.Select(silo => silo.AskAsync(grain => grain.DeleteAsync(version), CancellationToken.None)));
        }
        catch (KreweException error)
        {
            throw new KreweException(
                error.Code, $"the version is retired, but its files are not deleted everywhere: {error.Message}. Delete it again", error);
        }
    }

    private async Task<RepositorySet> FindAsync(CancellationToken cancellationToken) =>
        await RepositorySet.FindAsync(await nodes.GetSnapshotAsync(cancellationToken), grains, calls, cancellationToken);

    private async Task<bool> CheckAndCommitAsync(
        ModelId version, ClusterUpload upload, PublishRequest request, CancellationToken cancellationToken)
    {
        if (!request.Force)
        {
            await signature.VerifyAsync(version, upload.Content.Inputs, upload.Content.Outputs, cancellationToken);
        }

        await upload.TryLoadAsync(cancellationToken);
        await guard.PublishingAsync(version, cancellationToken);
        cancellationToken.ThrowIfCancellationRequested();
        return await upload.CommitAsync();
    }

    /// <summary>Makes silos that share a repository scan it now; a silo that cannot be reached scans within a second.</summary>
    private async Task ScanAsync(RepositorySet repositories, ModelId version)
    {
        await Task.WhenAll(repositories.Silos.Select(silo => silo.AskAsync(grain => grain.RescanAsync(version), CancellationToken.None)))
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await snapshots.RefreshAsync(CancellationToken.None);
    }

    [LoggerMessage(EventId = 490, Level = LogLevel.Information,
        Message = "Published version {Version} to {Repositories} repositories, {Bytes} bytes, SHA-256 {Sha256}")]
    private partial void LogPublished(ModelId version, int repositories, long bytes, string sha256);

    [LoggerMessage(EventId = 491, Level = LogLevel.Information, Message = "Deleted version {Version} from {Repositories} repositories")]
    private partial void LogDeleted(ModelId version, int repositories);
}

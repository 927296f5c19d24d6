using System.Buffers;
using Krewe.Abstractions;
using Microsoft.Extensions.Logging;

namespace Krewe.Serving;

/// <summary>Publishes to the repository that this process serves.</summary>
internal sealed partial class LocalModelPublisher(
    IVersionStore store, IVersionGuard guard, ServingSignature signature, TimeProvider time, ILogger<LocalModelPublisher> logger) : IModelPublisher
{
    private const int BufferBytes = 1 << 20;

    public async ValueTask<PublishedVersion> PublishAsync(
        ModelId version, Stream content, PublishRequest request, CancellationToken cancellationToken)
    {
        await using var staged = await store.BeginAsync(version, request);
        await CopyAsync(content, staged, cancellationToken);
        var found = await staged.CompleteAsync(PublishTime.Of(time), cancellationToken);
        var isNew = !found.Exists && await CheckAndCommitAsync(version, staged, found, request, cancellationToken);
        if (isNew)
        {
            LogPublished(version, found.SizeBytes, found.Sha256);
        }

        return new PublishedVersion(version, found.SizeBytes, found.Sha256, found.Files, isNew);
    }

    public async ValueTask DeleteAsync(ModelId version, CancellationToken cancellationToken)
    {
        if (!store.Contains(version))
        {
            throw KreweException.VersionNotFound(new ModelReference(version.Name, VersionSelector.Of(version.Version)));
        }

        if ((await store.IdentifyAsync()).Obstacle is { Length: > 0 } obstacle)
        {
            throw KreweException.Unavailable(obstacle);
        }

        await guard.RetireAsync(version, cancellationToken);

        // From here on it is done whole, whoever waits for it.
        var isGone = await store.DeleteAsync(version, CancellationToken.None);
        await guard.RetiredAsync(version, CancellationToken.None);
        if (!isGone)
        {
            throw KreweException.VersionNotFound(new ModelReference(version.Name, VersionSelector.Of(version.Version)));
        }

        LogDeleted(version);
    }

    private static async Task CopyAsync(Stream content, IStagedVersion staged, CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            int read;
            do
            {
                read = await content.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken);
                await staged.AppendAsync(buffer.AsMemory(0, read), cancellationToken);
            }
            while (read == buffer.Length);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private async Task<bool> CheckAndCommitAsync(
        ModelId version, IStagedVersion staged, StagedContent found, PublishRequest request, CancellationToken cancellationToken)
    {
        if (!request.Force)
        {
            await signature.VerifyAsync(version, found.Inputs, found.Outputs, cancellationToken);
        }

        await staged.LoadAsync(cancellationToken);
        await guard.PublishingAsync(version, cancellationToken);
        return await staged.CommitAsync(cancellationToken);
    }
}

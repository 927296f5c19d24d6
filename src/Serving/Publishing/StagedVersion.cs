using System.Collections.Immutable;
using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Files;
using Krewe.Abstractions.Publishing;
using Krewe.Serving.OnnxRuntime;
using Krewe.Serving.Publishing.Archives;
using Krewe.Serving.Publishing.Files;
using Krewe.Serving.Publishing.Records;
using Krewe.Serving.Repository.Artifacts;
using Krewe.Serving.Repository.Manifests;
using Krewe.Serving.Repository.Snapshots;

namespace Krewe.Serving.Publishing;

/// <inheritdoc cref="IStagedVersion"/>
internal sealed class StagedVersion : IStagedVersion
{
    private const int Attempts = 16;
    private readonly VersionPlace place;
    private readonly PublishRequest request;
    private readonly TrialLoad trial;
    private readonly RepositoryScan scan;
    private readonly StagingFolder staging;
    private readonly UploadFile upload;
    private readonly Action onDisposed;
    private RepositoryVersion? version;
    private StagedContent? content;

    public StagedVersion(
        VersionPlace place, PublishRequest request, StagingFolder staging, TrialLoad trial, RepositoryScan scan, Action onDisposed)
    {
        (this.place, this.request, this.staging) = (place, request, staging);
        (this.trial, this.scan, this.onDisposed) = (trial, scan, onDisposed);
        upload = new UploadFile(staging.Body, request.MaxBytes);
    }

    public long Length => upload.Length;

    public async ValueTask AppendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        try
        {
            StorageFault.CheckFreeSpace(staging.Folder, bytes.Length);
            await upload.AppendAsync(bytes, cancellationToken);
        }
        catch (Exception error) when (FileFault.Is(error))
        {
            throw scan.Fail(place.Id, error);
        }
    }

    public Task<StagedContent> CompleteAsync(DateTimeOffset publishedAt, CancellationToken cancellationToken) =>
        scan.BlockAsync(place.Id, () => Complete(publishedAt, cancellationToken));

    public Task LoadAsync(CancellationToken cancellationToken) => trial.RunAsync(Checked(version), cancellationToken);

    public async Task<bool> CommitAsync(CancellationToken cancellationToken)
    {
        var files = Checked(content).Files;
        var folder = Checked(version).Folder;
        var isNew = await scan.BlockAsync(place.Id, () => Commit(folder, files, cancellationToken));

        // The version is in place: wait until it is listed, even if the caller has cancelled.
        await scan.UntilListedAsync(place.Id, Checked(version).Manifest, CancellationToken.None);
        return isNew;
    }

    public async ValueTask DisposeAsync()
    {
        upload.Dispose();
        await scan.BlockAsync(place.Id, () =>
        {
            staging.Dispose();
            return true;
        });
        onDisposed();
    }

    private static T Checked<T>(T? value)
        where T : class => value ?? throw new InvalidOperationException("the version was not completed");

    private StagedContent Complete(DateTimeOffset publishedAt, CancellationToken cancellationToken)
    {
        var digest = CheckDigest();
        var manifest = place.ReadManifest();
        var body = new PublishedFile("", Length, digest);
        var unpacked = VersionUnpacker.Unpack(staging, request.Format, body, manifest.ModelFileName, request.MaxBytes, cancellationToken);
        if (place.Has(unpacked.Files, cancellationToken))
        {
            return content = new StagedContent(Length, digest, unpacked.Files, Exists: true, [], []);
        }

        new VersionRecord(Length, digest, publishedAt, unpacked.Files).Write(unpacked.Folder);
        VersionContent.Flush(unpacked.Folder, publishedAt);
        var signature = Check(unpacked.Folder, manifest);
        return content = new StagedContent(Length, digest, unpacked.Files, Exists: false, signature.Inputs, signature.Outputs);
    }

    private Sha256Digest CheckDigest()
    {
        var digest = upload.Finish();
        if (request.Length is { } length && length != Length)
        {
            throw KreweException.InvalidInput($"received {Length} bytes, expected {length} as announced");
        }

        return request.ExpectedSha256 is { } expected && expected != digest
            ? throw KreweException.InvalidInput(
                $"the upload has SHA-256 {digest}, announced was {expected}: it was corrupted in transit, or is another file")
            : digest;
    }

    /// <summary>Validates the staged files as the repository will see them; names and times will not change.</summary>
    private SessionSignature Check(string folder, ModelManifest manifest)
    {
        var stamp = VersionFolder.Read(folder, manifest.ModelFileName).ToStamp(manifest.ToSettingsText());
        var path = VersionFolder.FindModel(folder, manifest.ModelFileName);
        version = new RepositoryVersion(place.Id, path, folder, stamp, manifest, null) { Folder = folder };
        try
        {
            return SignatureReader.Read(ArtifactCheck.Verify(version), manifest);
        }
        catch (KreweException error) when (error.Code == KreweErrorCode.Unavailable)
        {
            throw TrialLoad.Unfit(place.Id, error);
        }
    }

    private bool Commit(string folder, ImmutableArray<PublishedFile> files, CancellationToken cancellationToken)
    {
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            if (place.TryMoveFrom(folder))
            {
                return true;
            }

            // Lost the race against another publish: compare with the winner's files, which may be deleted meanwhile.
            if (place.Has(files, cancellationToken))
            {
                return false;
            }
        }

        throw KreweException.Conflict(
            $"model '{place.Id.Name}' version {place.Id.Version} keeps being published and deleted by others: try again");
    }
}

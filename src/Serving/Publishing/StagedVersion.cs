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
    private readonly RepositoryScan look;
    private readonly StagingFolder staging;
    private readonly UploadFile upload;
    private readonly Action whenOver;
    private RepositoryVersion? version;
    private StagedContent? content;

    public StagedVersion(
        VersionPlace place, PublishRequest request, StagingFolder staging, TrialLoad trial, RepositoryScan look, Action whenOver)
    {
        (this.place, this.request, this.staging, this.trial, this.look, this.whenOver) = (place, request, staging, trial, look, whenOver);
        upload = new UploadFile(staging.Body, request.MaxBytes);
    }

    public long Length => upload.Length;

    public async ValueTask AppendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        try
        {
            await upload.AppendAsync(bytes, cancellationToken);
        }
        catch (Exception error) when (FileFault.Is(error))
        {
            throw look.Fail(place.Id, error);
        }
    }

    public Task<StagedContent> CompleteAsync(DateTimeOffset publishedAt, CancellationToken cancellationToken) =>
        look.BlockAsync(place.Id, () => Complete(publishedAt, cancellationToken));

    public Task LoadAsync(CancellationToken cancellationToken) => trial.RunAsync(Checked(version), cancellationToken);

    public async Task<bool> CommitAsync(CancellationToken cancellationToken)
    {
        var files = Checked(content).Files;
        var folder = Checked(version).Folder;
        var isNew = await look.BlockAsync(place.Id, () => Commit(folder, files, cancellationToken));

        // It is there now, whoever waits for it.
        await look.UntilListedAsync(place.Id, Checked(version).Manifest, CancellationToken.None);
        return isNew;
    }

    public async ValueTask DisposeAsync()
    {
        upload.Dispose();
        await look.BlockAsync(place.Id, () =>
        {
            staging.Dispose();
            return true;
        });
        whenOver();
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
        VersionContent.Settle(unpacked.Folder, publishedAt);
        var signature = Check(unpacked.Folder, manifest);
        return content = new StagedContent(Length, digest, unpacked.Files, Exists: false, signature.Inputs, signature.Outputs);
    }

    private Sha256Digest CheckDigest()
    {
        var digest = upload.Finish();
        if (request.Length is { } length && length != Length)
        {
            throw KreweException.InvalidInput($"{Length} bytes came where {length} were announced");
        }

        return request.ExpectedSha256 is { } expected && expected != digest
            ? throw KreweException.InvalidInput(
                $"the SHA-256 of what came is {digest}, that announced is {expected}: it was damaged on the way, or is another file")
            : digest;
    }

    /// <summary>What the repository will say of the version when it lies there; names and times are what they will be.</summary>
    private SessionSignature Check(string folder, ModelManifest manifest)
    {
        var stamp = VersionFolder.Look(folder, manifest.ModelFileName).ToStamp(manifest.ToSettingsText());
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
            if (place.TryTake(folder))
            {
                return true;
            }

            // Who loses against another publish looks at what won; that may be deleted before it is seen.
            if (place.Has(files, cancellationToken))
            {
                return false;
            }
        }

        throw KreweException.Conflict(
            $"model '{place.Id.Name}' version {place.Id.Version} is published and deleted by others all the time");
    }
}

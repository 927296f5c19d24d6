using System.Collections.Concurrent;
using Krewe.Abstractions.Errors;
using Krewe.Serving.OnnxRuntime;
using Krewe.Serving.Repository.Artifacts;

namespace Krewe.Serving.Versions;

/// <summary>
/// Signatures of versions that are not in memory, as their files give them. Callers of the same version share one read, and its result is
/// kept while the files are unchanged: a changed version is another <see cref="ServedVersion"/>. Few files are read at once, and none on a
/// load thread.
/// </summary>
internal sealed class VersionDescriptions : IDisposable
{
    private const int MaxReads = 2;
    private const int MaxKept = 4096;
    private readonly ConcurrentDictionary<ServedVersion, Lazy<Task<SessionSignature>>> known = new();
    private readonly SemaphoreSlim reads = new(MaxReads);

    /// <summary>The signature; incomplete if the file leaves a type open. Fails as a load of the version would.</summary>
    public Task<SessionSignature> GetAsync(ServedVersion version, CancellationToken cancellationToken)
    {
        if (known.Count >= MaxKept)
        {
            known.Clear();
        }

        return known.GetOrAdd(version, static (version, all) => new(() => all.ReadAsync(version)), this).Value.WaitAsync(cancellationToken);
    }

    public void Dispose() => reads.Dispose();

    private async Task<SessionSignature> ReadAsync(ServedVersion version)
    {
        await reads.WaitAsync(CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            return await Task.Factory.StartNew(
                () => SignatureReader.Read(ArtifactCheck.Verify(version.Artifact), version.Artifact.Manifest), CancellationToken.None,
                TaskCreationOptions.LongRunning | TaskCreationOptions.DenyChildAttach, TaskScheduler.Default);
        }
        catch (Exception error)
        {
            // The next caller reads again: a file system may have been away.
            known.TryRemove(version, out _);
            if (error is KreweException refusal)
            {
                throw new LoadFailure(refusal.Message, 1, 0).ToError(version.Id, refusal.RetryAfter ?? TimeSpan.Zero);
            }

            throw;
        }
        finally
        {
            reads.Release();
        }
    }
}

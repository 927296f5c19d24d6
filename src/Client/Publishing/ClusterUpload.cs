using Krewe.Abstractions.Errors;
using Krewe.Grains.Interfaces.Publishing;

namespace Krewe.Client.Publishing;

/// <summary>The upload of one version to all repositories of a cluster concurrently.</summary>
internal sealed class ClusterUpload : IAsyncDisposable
{
    private const int ChunksUnderWay = 2;
    private readonly IReadOnlyList<Target> targets;

    private ClusterUpload(IReadOnlyList<Target> targets) => this.targets = targets;

    /// <summary>The checked content after <see cref="CompleteAsync"/>, equal on all silos.</summary>
    public UploadContent Content => (targets.FirstOrDefault(target => !target.Content!.Exists) ?? targets[0]).Content!;

    /// <summary>True if a repository lacks the version.</summary>
    public bool IsWanted => targets.Any(target => !target.Content!.Exists);

    /// <summary>Begins an upload in every repository.</summary>
    public static async Task<ClusterUpload> BeginAsync(
        IReadOnlyList<PublisherCalls> silos, UploadStart start, CancellationToken cancellationToken)
    {
        var upload = new ClusterUpload([.. silos.Select(silo => new Target(silo))]);
        try
        {
            await upload.ForAllAsync(
                async target => target.Ticket = await target.Silo.AskAsync(grain => grain.BeginAsync(start), cancellationToken));
            return upload;
        }
        catch
        {
            await upload.DisposeAsync();
            throw;
        }
    }

    /// <summary>Reads the content and sends it to all repositories, at the pace of the slowest; two pieces are in memory.</summary>
    public async Task SendAsync(Stream content, CancellationToken cancellationToken)
    {
        var buffers = new byte[ChunksUnderWay][];
        var underWay = new Task[ChunksUnderWay];
        Array.Fill(underWay, Task.CompletedTask);
        var (offset, isLast) = (0L, false);
        for (var slot = 0; !isLast; slot = (slot + 1) % ChunksUnderWay)
        {
            await underWay[slot];
            var buffer = buffers[slot] ??= new byte[UploadContent.ChunkBytes];
            var read = await content.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken);
            isLast = read < buffer.Length;
            var (from, bytes) = (offset, isLast ? buffer[..read] : buffer);
            underWay[slot] = ForAllAsync(
                target => target.Silo.AskAsync(grain => grain.AppendAsync(target.Token, from, bytes), cancellationToken));
            offset += read;
        }

        await Task.WhenAll(underWay);
    }

    /// <summary>Completes and checks all uploads. If a repository already has the version, the others record the same time.</summary>
    public Task CompleteAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        var publishedAt = targets.Select(target => target.Ticket?.PublishedAt).FirstOrDefault(time => time is not null) ?? now;
        return ForAllAsync(async target =>
            target.Content = await target.Silo.AskAsync(grain => grain.CompleteAsync(target.Token, publishedAt), cancellationToken));
    }

    /// <summary>Loads the version on one silo after another, so that a crash ends only one process.</summary>
    public async Task TryLoadAsync(CancellationToken cancellationToken)
    {
        foreach (var target in targets.Where(target => !target.Content!.Exists))
        {
            await target.Silo.AskAsync(grain => grain.TryLoadAsync(target.Token), cancellationToken);
        }
    }

    /// <summary>
    /// Commits to all repositories that lack the version. False if all had it already; throws with instructions if only some could commit.
    /// </summary>
    public async Task<bool> CommitAsync()
    {
        await Task.WhenAll(targets.Where(target => !target.Content!.Exists).Select(async target =>
        {
            try
            {
                target.IsNew = await target.Silo.AskAsync(grain => grain.CommitAsync(target.Token), CancellationToken.None);
            }
            catch (KreweException error)
            {
                target.Failure = error;
            }
        }));
        return targets.FirstOrDefault(target => target.Failure is not null) is not { } failed ? targets.Any(target => target.IsNew)
            : targets.All(target => target.Failure is not null) ? throw failed.Failure!
            : throw new KreweException(
                failed.Failure!.Code,
                $"the version is in {targets.Count(target => target.Failure is null)} of {targets.Count} repositories; that of silo "
                    + $"'{failed.Silo.Silo}' lacks it: {failed.Failure.Message}. Publish the same version again",
                failed.Failure);
    }

    /// <summary>Aborts uncommitted uploads; a silo that cannot be reached discards its own after a minute.</summary>
    public async ValueTask DisposeAsync() =>
        await Task.WhenAll(targets.Where(target => target.Ticket is not null && !target.IsNew).Select(AbortAsync));

    private static async Task AbortAsync(Target target) =>
        await target.Silo.AskAsync(grain => grain.AbortAsync(target.Token), CancellationToken.None).ConfigureAwait(
            ConfigureAwaitOptions.SuppressThrowing);

    /// <summary>Waits for all even if one fails: an operation under way must not overlap the next.</summary>
    private Task ForAllAsync(Func<Target, Task> step) => Task.WhenAll(targets.Select(step));

    private sealed class Target(PublisherCalls silo)
    {
        public PublisherCalls Silo => silo;

        public UploadTicket? Ticket { get; set; }

        public string Token => Ticket!.Token;

        public UploadContent? Content { get; set; }

        public bool IsNew { get; set; }

        public KreweException? Failure { get; set; }
    }
}

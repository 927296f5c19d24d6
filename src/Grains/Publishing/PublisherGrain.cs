using Krewe.Abstractions.Models;
using Krewe.Grains.Interfaces.Publishing;
using Krewe.Placement;
using Krewe.Serving.Publishing;

namespace Krewe.Grains.Publishing;

/// <summary>Publishes to and deletes from this silo's repository.</summary>
[GrainType("krewe.publisher"), NodePlacement, Orleans.Placement.Immovable]
internal sealed class PublisherGrain(IVersionStore store, OpenUploads uploads) : IPublisherGrain
{
    public async Task<RepositoryDescription> DescribeAsync()
    {
        var identity = await store.IdentifyAsync();
        return new RepositoryDescription { Id = identity.Id, Obstacle = identity.Obstacle };
    }

    public async Task<UploadTicket> BeginAsync(UploadStart start)
    {
        var upload = uploads.Add(await store.BeginAsync(start.Version, start.ToRequest()));
        return new UploadTicket { Token = upload.Token, PublishedAt = store.FindPublished(start.Version) };
    }

    public Task AppendAsync(string token, long offset, byte[] bytes) => uploads.Find(token).AppendAsync(offset, bytes);

    public async Task<UploadContent> CompleteAsync(string token, DateTimeOffset publishedAt)
    {
        var content = await uploads.Find(token).UseAsync(version => version.CompleteAsync(publishedAt, CancellationToken.None));
        return new UploadContent
        {
            SizeBytes = content.SizeBytes,
            Sha256 = content.Sha256.Hex,
            Files = [.. content.Files.Select(file => new UploadedFile(file.Name, file.SizeBytes, file.Sha256.Hex))],
            Exists = content.Exists,
            Inputs = content.Inputs,
            Outputs = content.Outputs,
        };
    }

    public Task TryLoadAsync(string token) => uploads.Find(token).UseAsync(async version =>
    {
        await version.LoadAsync(CancellationToken.None);
        return true;
    });

    public async Task<bool> CommitAsync(string token)
    {
        var isNew = await uploads.Find(token).UseAsync(version => version.CommitAsync(CancellationToken.None));
        await uploads.EndAsync(token);
        return isNew;
    }

    public Task AbortAsync(string token) => uploads.EndAsync(token).AsTask();

    public Task<bool> ContainsAsync(ModelId version) => Task.FromResult(store.Contains(version));

    public Task<bool> DeleteAsync(ModelId version) => store.DeleteAsync(version, CancellationToken.None);

    public Task RescanAsync(ModelId version) => store.RescanAsync(version, CancellationToken.None);
}

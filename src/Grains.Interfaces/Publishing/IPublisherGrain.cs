using Krewe.Abstractions.Models;
using Krewe.Grains.Interfaces.Nodes;
using Orleans.Concurrency;

namespace Krewe.Grains.Interfaces.Publishing;

/// <summary>
/// Publishing to one silo's repository. Its key is that of <see cref="INodeGrain"/>; it lives on that silo and ends with it. An upload
/// without a request for a minute is discarded.
/// </summary>
[Alias("krewe.publisher")]
public interface IPublisherGrain : IGrainWithStringKey
{
    /// <summary>The repository's identity, and whether it can be changed.</summary>
    [AlwaysInterleave, ResponseTimeout("00:00:10"), Alias("describe")]
    Task<RepositoryDescription> DescribeAsync();

    /// <summary>Begins an upload.</summary>
    [AlwaysInterleave, ResponseTimeout("00:05:00"), Alias("begin")]
    Task<UploadTicket> BeginAsync(UploadStart start);

    /// <summary>Writes bytes at an offset; earlier pieces may still be on their way. Returns once they are written.</summary>
    [AlwaysInterleave, ResponseTimeout("00:02:00"), Alias("append")]
    Task AppendAsync(string token, long offset, [Immutable] byte[] bytes);

    /// <summary>Completes an upload: unpacks and checks it. <paramref name="publishedAt"/> is recorded as its time.</summary>
    [AlwaysInterleave, ResponseTimeout("01:00:00"), Alias("complete")]
    Task<UploadContent> CompleteAsync(string token, DateTimeOffset publishedAt);

    /// <summary>Loads the version once on this silo and frees it again.</summary>
    [AlwaysInterleave, ResponseTimeout("01:00:00"), Alias("try-load")]
    Task TryLoadAsync(string token);

    /// <summary>Moves the version into the repository and ends the upload; false if the same files are there already.</summary>
    [AlwaysInterleave, ResponseTimeout("00:10:00"), Alias("commit")]
    Task<bool> CommitAsync(string token);

    /// <summary>Discards an upload, if it is open.</summary>
    [AlwaysInterleave, Alias("abort")]
    Task AbortAsync(string token);

    /// <summary>Whether the repository has a version, served or not.</summary>
    [AlwaysInterleave, Alias("contains")]
    Task<bool> ContainsAsync(ModelId version);

    /// <summary>Deletes a version's files; false if there are none.</summary>
    [AlwaysInterleave, ResponseTimeout("00:10:00"), Alias("delete")]
    Task<bool> DeleteAsync(ModelId version);

    /// <summary>Scans the repository now; when it returns, a published or deleted version is visible.</summary>
    [AlwaysInterleave, Alias("look")]
    Task RescanAsync(ModelId version);
}

/// <summary>The identity of a silo's repository.</summary>
[GenerateSerializer, Immutable, Alias("krewe.repository")]
public sealed record RepositoryDescription
{
    /// <summary>Equal on all silos that share the folder; empty if it has no id yet and this silo cannot write one.</summary>
    [Id(0)] public required string Id { get; init; }

    /// <summary>Why this silo cannot change it; empty if it can.</summary>
    [Id(1)] public required string Obstacle { get; init; }
}

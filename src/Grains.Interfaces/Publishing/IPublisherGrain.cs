using Krewe.Abstractions.Models;
using Krewe.Grains.Interfaces.Nodes;
using Orleans.Concurrency;

namespace Krewe.Grains.Interfaces.Publishing;

/// <summary>
/// One silo's repository as somebody sees it who changes it. Its key is that of <see cref="INodeGrain"/>; it lives on that silo and ends
/// with it. An upload that nobody touches for a minute is dropped: who sent it is gone.
/// </summary>
[Alias("krewe.publisher")]
public interface IPublisherGrain : IGrainWithStringKey
{
    /// <summary>Which repository the silo has, and whether it can be changed.</summary>
    [AlwaysInterleave, ResponseTimeout("00:00:10"), Alias("describe")]
    Task<RepositoryDescription> DescribeAsync();

    /// <summary>Makes room for a version that is going to come.</summary>
    [AlwaysInterleave, ResponseTimeout("00:05:00"), Alias("begin")]
    Task<UploadTicket> BeginAsync(UploadStart start);

    /// <summary>
    /// Takes the bytes of an upload from an offset on; those before may still be on their way. Done when they are written.
    /// </summary>
    [AlwaysInterleave, ResponseTimeout("00:02:00"), Alias("append")]
    Task AppendAsync(string token, long offset, [Immutable] byte[] bytes);

    /// <summary>All bytes are there: unpacks and checks them. <paramref name="publishedAt"/> is recorded as the time.</summary>
    [AlwaysInterleave, ResponseTimeout("01:00:00"), Alias("complete")]
    Task<UploadContent> CompleteAsync(string token, DateTimeOffset publishedAt);

    /// <summary>Loads the version once on this silo and frees it again.</summary>
    [AlwaysInterleave, ResponseTimeout("01:00:00"), Alias("try-load")]
    Task TryLoadAsync(string token);

    /// <summary>Puts the version into the repository; false where the same files were there first. Ends the upload.</summary>
    [AlwaysInterleave, ResponseTimeout("00:10:00"), Alias("commit")]
    Task<bool> CommitAsync(string token);

    /// <summary>Drops an upload; one that is not there is dropped already.</summary>
    [AlwaysInterleave, Alias("abort")]
    Task AbortAsync(string token);

    /// <summary>Whether the repository has a version, served or not.</summary>
    [AlwaysInterleave, Alias("contains")]
    Task<bool> ContainsAsync(ModelId version);

    /// <summary>Takes a version's files away; false where they are not there.</summary>
    [AlwaysInterleave, ResponseTimeout("00:10:00"), Alias("delete")]
    Task<bool> DeleteAsync(ModelId version);

    /// <summary>Looks at the repository now; when this is over, the silo shows that a version has come or gone.</summary>
    [AlwaysInterleave, Alias("look")]
    Task LookAsync(ModelId version);
}

/// <summary>Which repository a silo has.</summary>
[GenerateSerializer, Immutable, Alias("krewe.repository")]
public sealed record RepositoryDescription
{
    /// <summary>The same for all silos that share the folder; empty where it has no name yet and this silo cannot give it one.</summary>
    [Id(0)] public required string Id { get; init; }

    /// <summary>Why this silo cannot change it; empty where it can.</summary>
    [Id(1)] public required string Obstacle { get; init; }
}

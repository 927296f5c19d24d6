using System.Collections.Concurrent;
using System.Security.Cryptography;
using Krewe.Abstractions.Models;
using Krewe.Abstractions.Publishing;

namespace Krewe.Api.Tests.Fakes;

/// <summary>Takes every version and remembers what was said of it.</summary>
internal sealed class FakeModelPublisher : IModelPublisher
{
    /// <summary>What was published, in order, with how many bytes came.</summary>
    public ConcurrentQueue<(ModelId Version, PublishRequest Request, long Bytes)> Published { get; } = new();

    public ConcurrentQueue<ModelId> Deleted { get; } = new();

    /// <summary>Thrown by both calls where set, after the body was read.</summary>
    public Exception? Failure { get; set; }

    /// <summary>Whether the next ones are new.</summary>
    public bool IsNew { get; set; } = true;

    /// <summary>Called with every piece of a body.</summary>
    public Func<Task> OnRead { get; set; } = () => Task.CompletedTask;

    /// <summary>Called once a body is complete.</summary>
    public Func<Task> OnComplete { get; set; } = () => Task.CompletedTask;

    public async ValueTask<PublishedVersion> PublishAsync(ModelId version, Stream content, PublishRequest request, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var (buffer, bytes) = (new byte[1 << 16], 0L);
        for (var read = -1; read != 0; bytes += read)
        {
            read = await content.ReadAsync(buffer, cancellationToken);
            hash.AppendData(buffer, 0, read);
            await OnRead();
        }

        await OnComplete();
        Published.Enqueue((version, request, bytes));
        var digest = Sha256Digest.FromBytes(hash.GetHashAndReset());
        return Failure is null
            ? new PublishedVersion(version, bytes, digest, [new PublishedFile("model.onnx", bytes, digest)], IsNew)
            : throw Failure;
    }

    public ValueTask DeleteAsync(ModelId version, CancellationToken cancellationToken)
    {
        Deleted.Enqueue(version);
        return Failure is null ? default : throw Failure;
    }
}

using System.Collections.Concurrent;
using Krewe.Abstractions.Errors;
using Krewe.Serving.Publishing;
using Microsoft.Extensions.Logging;

namespace Krewe.Grains.Publishing;

/// <summary>The uploads to this silo that are not over. Thread-safe.</summary>
internal sealed class OpenUploads(TimeProvider time, ILogger<OpenUploads> logger) : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, OpenUpload> uploads = new(StringComparer.Ordinal);

    /// <summary>Keeps a version that is going to come.</summary>
    public OpenUpload Add(IStagedVersion staged)
    {
        var upload = new OpenUpload(staged, time, logger, over => uploads.TryRemove(over.Token, out _));
        uploads[upload.Token] = upload;
        return upload;
    }

    /// <summary>The upload; throws where it is over.</summary>
    public OpenUpload Find(string token) => uploads.TryGetValue(token, out var upload) ? upload : throw Unknown();

    /// <summary>Ends an upload, if it is not over.</summary>
    public async ValueTask EndAsync(string token)
    {
        if (uploads.TryGetValue(token, out var upload))
        {
            await upload.DisposeAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var upload in uploads.Values)
        {
            await upload.DisposeAsync();
        }
    }

    public static KreweException Unknown() =>
        KreweException.Unavailable("the silo has dropped this upload: nothing of it came for a minute, or the silo has started anew");
}

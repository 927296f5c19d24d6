using System.Collections.Concurrent;
using Krewe.Abstractions.Errors;
using Krewe.Serving.Publishing;
using Microsoft.Extensions.Logging;

namespace Krewe.Grains.Publishing;

/// <summary>The open uploads to this silo. Thread-safe.</summary>
internal sealed class OpenUploads(TimeProvider time, ILogger<OpenUploads> logger) : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, OpenUpload> uploads = new(StringComparer.Ordinal);

    /// <summary>Opens an upload.</summary>
    public OpenUpload Add(IStagedVersion staged)
    {
        var upload = new OpenUpload(staged, time, logger, over => uploads.TryRemove(over.Token, out _));
        uploads[upload.Token] = upload;
        return upload;
    }

    /// <summary>Finds an open upload; throws if there is none.</summary>
    public OpenUpload Find(string token) => uploads.TryGetValue(token, out var upload) ? upload : throw Unknown();

    /// <summary>Ends an upload if it is open.</summary>
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
        KreweException.Unavailable(
            "the silo has discarded this upload: it received nothing for a minute, or the silo has restarted; upload it again");
}

using Krewe.Abstractions.Errors;
using Krewe.Grains.Interfaces.Publishing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Orleans.Configuration;

namespace Krewe.Client.Settings;

/// <summary>
/// The largest request or answer that a message carries. It follows from the engine's limit for the body of a message, which is the one to
/// set: a larger message closes the connection, with everything that is under way on it.
/// </summary>
public sealed class MessageLimit
{
    /// <summary>The smallest body that leaves room for all our messages, in bytes: pieces of uploads have a fixed size.</summary>
    public const long SmallestBody = UploadContent.ChunkBytes + Reserve;

    // For what the engine puts around a request or an answer.
    private const long Reserve = 1 << 20;

    private MessageLimit(long body) => Bytes = Math.Max(1, body - Reserve);

    /// <summary>What the engine lets through, in bytes.</summary>
    public long Bytes { get; }

    /// <summary>The limit of this process: a client outside has <see cref="ClientMessagingOptions"/>, a silo its own kind.</summary>
    public static MessageLimit Of<TOptions>(IServiceProvider services)
        where TOptions : MessagingOptions => new(services.GetRequiredService<IOptions<TOptions>>().Value.MaxMessageBodySize);

    /// <summary>
    /// What a setting says, or all that the engine lets through where it says nothing; throws <see cref="KreweException"/> where it says
    /// more.
    /// </summary>
    public long Apply(string setting, long? bytes) => bytes is { } set && set > Bytes
        ? throw KreweException.InvalidInput(
            $"{setting} is {set}: expected at most {Bytes}, {Reserve} less than Orleans' {nameof(MessagingOptions.MaxMessageBodySize)}")
        : bytes ?? Bytes;
}

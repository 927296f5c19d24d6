using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;

namespace Krewe.Access.Tokens;

/// <summary>
/// The keys that tokens are signed with. A token by an unknown key has them read again, at most once a second whatever callers send;
/// requests that wait for it share one reading. Keys stay in force while the provider cannot be reached.
/// </summary>
internal sealed partial class SigningKeys(KeySource source, TimeProvider time, ILogger<SigningKeys> logger)
    : IConfigurationManager<OpenIdConnectConfiguration>, IDisposable
{
    private static readonly TimeSpan LeastInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ReadTimeout = TimeSpan.FromSeconds(5);
    private readonly Lock gate = new();
    private readonly SemaphoreSlim reading = new(1, 1);
    private volatile KeySet known = new(new OpenIdConnectConfiguration(), []);
    private volatile bool isFailing;
    private long? lastStart;
    private Task? next;

    /// <summary>How often the keys are to be read without a reason.</summary>
    public TimeSpan Interval => source.Interval;

    /// <summary>The key that a token was checked with; null if it is no longer one of the provider's.</summary>
    public SigningKey? Find(SecurityKey? key) => known.Keys.FirstOrDefault(known => ReferenceEquals(known.Key, key));

    /// <summary>
    /// Sees to it that a key is known if the provider has it. False if that cannot be told, because the provider cannot be reached.
    /// </summary>
    public async Task<bool> EnsureAsync(string? id, CancellationToken cancellationToken)
    {
        if (Has(id))
        {
            return true;
        }

        // A caller that has gone is no error.
        await RefreshAsync().WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return Has(id) || !isFailing;
    }

    /// <summary>Reads the keys in a reading that begins after this call. Never fails.</summary>
    public Task RefreshAsync()
    {
        lock (gate)
        {
            return next ??= ReadAsync();
        }
    }

    /// <inheritdoc/>
    public Task<OpenIdConnectConfiguration> GetConfigurationAsync(CancellationToken cancel) => Task.FromResult(known.Configuration);

    /// <summary>Does nothing: <see cref="EnsureAsync"/> was asked before.</summary>
    public void RequestRefresh()
    {
    }

    public void Dispose() => reading.Dispose();

    private bool Has(string? id) => known.Keys.Length > 0 && (id is null || known.Keys.Any(key => key.Key.Kid == id));

    private async Task ReadAsync()
    {
        await Task.Yield();
        await reading.WaitAsync();
        try
        {
            if (lastStart is { } last && LeastInterval - time.GetElapsedTime(last) is { Ticks: > 0 } early)
            {
                await Task.Delay(early, time);
            }

            lock (gate)
            {
                next = null;
            }

            lastStart = time.GetTimestamp();
            using var timeout = new CancellationTokenSource(ReadTimeout, time);
            var (issuer, keys) = await source.ReadAsync(timeout.Token);
            Apply(issuer, [.. keys.Where(SigningKey.IsUsable)]);
        }
        catch (Exception error)
        {
            if (!isFailing)
            {
                LogFailed(source.Name, error.GetBaseException().Message);
            }

            isFailing = true;
        }
        finally
        {
            reading.Release();
        }
    }

    private void Apply(string? issuer, JsonWebKey[] keys)
    {
        if (keys.Length == 0)
        {
            throw new InvalidDataException("it has no RSA or EC key for signatures.");
        }

        var former = known.Keys;
        ImmutableArray<SigningKey> now = [.. keys.Select(key => former.FirstOrDefault(known => known.Is(key)) ?? new SigningKey(key))];
        var configuration = new OpenIdConnectConfiguration { Issuer = issuer };
        foreach (var key in now)
        {
            configuration.SigningKeys.Add(key.Key);
        }

        known = new KeySet(configuration, now);
        foreach (var removed in former.Except(now))
        {
            removed.Removal.Revoke();
        }

        if (isFailing)
        {
            LogReadAgain();
        }

        isFailing = false;
    }

    [LoggerMessage(EventId = 570, Level = LogLevel.Warning,
        Message = "Failed to read the keys of tokens from {Source}: {Reason} Those known so far stay in force")]
    private partial void LogFailed(string source, string reason);

    [LoggerMessage(EventId = 571, Level = LogLevel.Information, Message = "The keys of tokens can be read again")]
    private partial void LogReadAgain();

    private sealed record KeySet(OpenIdConnectConfiguration Configuration, ImmutableArray<SigningKey> Keys);
}

using System.Collections.Concurrent;
using System.Net;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Krewe.Member;

/// <summary>
/// Notices dead members sooner and more surely than probes can. A process that dies takes its sockets with it: its connections
/// break at once, and its machine refuses new ones. That is proof, not suspicion, so such a member is declared dead right away,
/// and calls under way to it fail and are made elsewhere. Machines that fall silent are left to the engine's probes.
/// </summary>
internal sealed partial class DeathWatch(
    IClusterMembershipService membership, ILocalSiloDetails self, IHostApplicationLifetime host, TimeProvider time, ILogger<DeathWatch> logger)
{
    // A second refusal, a moment later: one alone may come from a network that is being changed.
    private const int RefusalsForProof = 2;
    private static readonly TimeSpan BetweenAttempts = TimeSpan.FromMilliseconds(30);
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan AttemptLimit = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<SiloAddress, Task<bool>> checks = new();
    private readonly ConcurrentDictionary<SiloAddress, byte> declared = new();

    /// <summary>
    /// A connection to or from an endpoint has ended. Where the other side opened it, its port says nothing, and all members at
    /// that address are looked at.
    /// </summary>
    public void OnConnectionEnded(EndPoint? remote, bool opened)
    {
        if (remote is not IPEndPoint ended)
        {
            return;
        }

        foreach (var member in membership.CurrentSnapshot.Members.Values)
        {
            var endpoint = member.SiloAddress.Endpoint;
            var address = ended.Address.IsIPv4MappedToIPv6 ? ended.Address.MapToIPv4() : ended.Address;
            if (member.Status == SiloStatus.Active && endpoint.Address.Equals(address) && (!opened || endpoint.Port == ended.Port))
            {
                _ = CheckAsync(member.SiloAddress);
            }
        }
    }

    /// <summary>Looks whether a member's process is gone, and declares it dead where it is; true where it was. Never throws.</summary>
    public Task<bool> CheckAsync(SiloAddress silo) =>
        silo.Equals(self.SiloAddress) || declared.ContainsKey(silo) ? Task.FromResult(false) : checks.GetOrAdd(silo, LookAsync);

    /// <summary>Declares a member dead that was found to be; the table has it in a moment, or once the database is back.</summary>
    public void Declare(SiloAddress silo, string reason)
    {
        if (declared.TryAdd(silo, 0))
        {
            LogDead(silo, reason);
            _ = DeclareAsync(silo);
        }
    }

    // The engine tries once, and loses where another member writes to the table at the same moment.
    private async Task DeclareAsync(SiloAddress silo)
    {
        try
        {
            for (var pause = FirstPause; membership.CurrentSnapshot.GetSiloStatus(silo) != SiloStatus.Dead; pause = Longer(pause))
            {
                await membership.TryKill(silo);
                await Task.Delay(pause, time, host.ApplicationStopping);
            }
        }
        catch (OperationCanceledException) when (host.ApplicationStopping.IsCancellationRequested)
        {
        }
        catch (Exception error)
        {
            LogCheckFailed(error, silo);
        }
    }

    private static TimeSpan Longer(TimeSpan pause) => pause < LongestPause ? 2 * pause : LongestPause;

    private async Task<bool> LookAsync(SiloAddress silo)
    {
        await Task.Yield();
        try
        {
            for (var refusals = 0; refusals < RefusalsForProof; refusals++)
            {
                if (refusals > 0)
                {
                    await Task.Delay(BetweenAttempts, time);
                }

                if (await EndpointProbe.AskAsync(silo.Endpoint, AttemptLimit, time, CancellationToken.None) != EndpointState.Refusing)
                {
                    return false;
                }
            }

            Declare(silo, "its machine refuses connections to it, so its process is gone");
            return true;
        }
        catch (Exception error)
        {
            LogCheckFailed(error, silo);
            return false;
        }
        finally
        {
            checks.TryRemove(silo, out _);
        }
    }
}

using System.Collections.Concurrent;
using System.Net;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Krewe.Member.Membership;

/// <summary>
/// Detects crashed processes faster than Orleans' probes: the connections of a crashed process close at once, and its machine refuses new
/// ones. That is a suspicion; <see cref="WitnessedMembershipTable"/> makes it a verdict only if another member is refused too. Silent
/// machines are left to Orleans' probes.
/// </summary>
internal sealed partial class DeathWatch(
    IClusterMembershipService membership, ILocalSiloDetails self, IHostApplicationLifetime host, TimeProvider time,
    ILogger<DeathWatch> logger)
{
    // Longer than a firewall reload, well below a second.
    private const int ProbesForSuspicion = 3;
    private static readonly TimeSpan ProbePause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(2);

    private readonly ConcurrentDictionary<SiloAddress, Task> checks = new();

    /// <summary>
    /// Handles a closed connection. If the other side opened it, its port identifies no member, so all members at that address are probed.
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

    /// <summary>
    /// Probes a member, and suspects it while it refuses connections. Completes when it accepts or is dead; one check per member at a time.
    /// Never throws.
    /// </summary>
    /// <param name="silo">The member.</param>
    /// <param name="orSilent">Whether a silent machine is as suspicious as one that refuses.</param>
    public Task CheckAsync(SiloAddress silo, bool orSilent = false) =>
        silo.Equals(self.SiloAddress) ? Task.CompletedTask : checks.GetOrAdd(silo, SuspectAsync, orSilent);

    private async Task SuspectAsync(SiloAddress silo, bool orSilent)
    {
        await Task.Yield();
        try
        {
            for (var probe = 1; probe < ProbesForSuspicion; probe++)
            {
                if (!await IsSuspectAsync(silo, orSilent))
                {
                    return;
                }

                await Task.Delay(ProbePause, time, host.ApplicationStopping);
            }

            // Orleans tries once, and fails if another member writes to the table concurrently.
            for (var pause = FirstPause; await IsSuspectAsync(silo, orSilent); pause = pause < LongestPause ? 2 * pause : LongestPause)
            {
                LogSuspect(silo);
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
        finally
        {
            checks.TryRemove(silo, out _);
        }
    }

    private async Task<bool> IsSuspectAsync(SiloAddress silo, bool orSilent)
    {
        if (membership.CurrentSnapshot.GetSiloStatus(silo) is SiloStatus.Dead or SiloStatus.None)
        {
            return false;
        }

        var state = await EndpointProbe.ConnectAsync(silo.Endpoint, time, host.ApplicationStopping);
        return state == PeerState.Refusing || (orSilent && state == PeerState.Silent);
    }

    [LoggerMessage(EventId = 507, Level = LogLevel.Information,
        Message = "Member {Silo} refuses connections; asking other members whether it is dead")]
    private partial void LogSuspect(SiloAddress silo);

    [LoggerMessage(EventId = 505, Level = LogLevel.Warning, Message = "Failed to check whether member {Silo} is alive")]
    private partial void LogCheckFailed(Exception error, SiloAddress silo);
}

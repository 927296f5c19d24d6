using System.Collections.Concurrent;
using System.Net;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Krewe.Member.Membership;

/// <summary>
/// Brings dead processes to the engine's notice sooner than probes can. A process that dies takes its sockets with it: its
/// connections break at once, and its machine refuses new ones. That is a suspicion; <see cref="WitnessedMembershipTable"/> lets it
/// become a verdict only where another member is refused as well. Machines that fall silent are left to the engine's probes.
/// </summary>
internal sealed partial class DeathWatch(
    IClusterMembershipService membership, ILocalSiloDetails self, IHostApplicationLifetime host, TimeProvider time,
    ILogger<DeathWatch> logger)
{
    // Longer than a firewall takes to reload, and still well below a second.
    private const int LooksForSuspicion = 3;
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(2);

    private readonly ConcurrentDictionary<SiloAddress, Task> checks = new();

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

    /// <summary>
    /// Looks at a member, and asks for its death for as long as it refuses connections. Done when it does not, or is dead; there is
    /// one check of a member at a time. Never throws.
    /// </summary>
    /// <param name="silo">The member.</param>
    /// <param name="orSilent">Whether a machine that does not answer at all is as suspicious as one that refuses.</param>
    public Task CheckAsync(SiloAddress silo, bool orSilent = false) =>
        silo.Equals(self.SiloAddress) ? Task.CompletedTask : checks.GetOrAdd(silo, SuspectAsync, orSilent);

    private async Task SuspectAsync(SiloAddress silo, bool orSilent)
    {
        await Task.Yield();
        try
        {
            for (var look = 1; look < LooksForSuspicion; look++)
            {
                if (!await IsSuspectAsync(silo, orSilent))
                {
                    return;
                }

                await Task.Delay(BetweenLooks, time, host.ApplicationStopping);
            }

            // The engine tries once, and loses where another member writes to the table at the same moment.
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

    [LoggerMessage(EventId = 507, Level = LogLevel.Information, Message = "Member {Silo} cannot be connected to, is it dead?")]
    private partial void LogSuspect(SiloAddress silo);

    [LoggerMessage(EventId = 505, Level = LogLevel.Warning, Message = "Whether member {Silo} lives could not be found out")]
    private partial void LogCheckFailed(Exception error, SiloAddress silo);
}

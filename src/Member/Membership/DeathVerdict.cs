namespace Krewe.Member;

/// <summary>Whether a member may be declared dead. No member decides that alone.</summary>
internal static class DeathVerdict
{
    /// <summary>
    /// How long a member must have written no sign of life, where nobody else can be asked and the table is the second witness: three
    /// of <see cref="MemberTiming.SignOfLifeInterval"/>.
    /// </summary>
    public static TimeSpan SilenceForProof { get; } = 3 * MemberTiming.SignOfLifeInterval;

    /// <summary>True where two witnesses agree that it is gone, and none sees it alive.</summary>
    /// <param name="own">What the member that wants to declare it dead sees.</param>
    /// <param name="others">What those others see that could be asked.</param>
    /// <param name="silence">For how long it has written no sign of life while the table could be read.</param>
    public static bool IsGone(PeerState own, IReadOnlyList<PeerState> others, TimeSpan silence)
    {
        if (own == PeerState.Answering || others.Contains(PeerState.Answering))
        {
            return false;
        }

        return others.Count == 0 ? silence >= SilenceForProof
            // Refused here and listening there is the network's doing.
            : own != PeerState.Refusing || (others.Contains(PeerState.Refusing) && !others.Contains(PeerState.Listening));
    }
}

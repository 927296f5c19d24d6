using Krewe.Member.Membership;

namespace Krewe.Member.Tests.Membership;

public sealed class DeathVerdictTests
{
    private static readonly TimeSpan Long = DeathVerdict.SilenceForProof;

    [Fact]
    public void Whoever_answers_anybody_lives()
    {
        Assert.False(DeathVerdict.IsGone(PeerState.Answering, [PeerState.Refusing, PeerState.Refusing], Long));
        Assert.False(DeathVerdict.IsGone(PeerState.Refusing, [PeerState.Refusing, PeerState.Answering], Long));
        Assert.False(DeathVerdict.IsGone(PeerState.Silent, [PeerState.Silent, PeerState.Answering], Long));
    }

    [Fact]
    public void A_refusal_needs_a_second_one_and_no_listener()
    {
        Assert.True(DeathVerdict.IsGone(PeerState.Refusing, [PeerState.Silent, PeerState.Refusing], TimeSpan.Zero));
        Assert.False(DeathVerdict.IsGone(PeerState.Refusing, [PeerState.Silent], Long));
        Assert.False(DeathVerdict.IsGone(PeerState.Refusing, [PeerState.Refusing, PeerState.Listening], Long));
    }

    [Theory]
    [InlineData((int)PeerState.Silent)]
    [InlineData((int)PeerState.Listening)]
    public void What_hangs_or_is_silent_needs_another_that_gets_no_answer(int own)
    {
        Assert.True(DeathVerdict.IsGone((PeerState)own, [PeerState.Silent], TimeSpan.Zero));
        Assert.True(DeathVerdict.IsGone((PeerState)own, [PeerState.Listening, PeerState.Refusing], TimeSpan.Zero));
    }

    [Theory]
    [InlineData((int)PeerState.Silent)]
    [InlineData((int)PeerState.Listening)]
    [InlineData((int)PeerState.Refusing)]
    public void Without_others_the_table_is_the_second_witness(int own)
    {
        Assert.False(DeathVerdict.IsGone((PeerState)own, [], Long - TimeSpan.FromTicks(1)));
        Assert.True(DeathVerdict.IsGone((PeerState)own, [], Long));
    }
}

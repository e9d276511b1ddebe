namespace ReflectDiT.Eval.Benchmarks.GenEval;

/// <summary>Results of one image file summed up, with both meanings of "overall" and what is missing.</summary>
public sealed record Summary
{
    /// <summary>Tags in the order in which they first appear.</summary>
    public required IReadOnlyList<TagSummary> Tags { get; init; }

    /// <summary>Distinct prompts (metadata texts).</summary>
    public required int Prompts { get; init; }

    /// <summary>Prompts of which any image is correct.</summary>
    public required int PromptsAnyCorrect { get; init; }

    /// <summary>Overall, over prompts: the mean of each prompt's share of correct images.</summary>
    public required double PromptMean { get; init; }

    /// <summary>The fewest and the most images that any prompt has.</summary>
    public required (int Fewest, int Most) ImagesPerPrompt { get; init; }

    /// <summary>Prompts of the published 553 without an image, in their order.</summary>
    public required IReadOnlyList<PromptMetadata> MissingPrompts { get; init; }

    /// <summary>Prompts that are not of the published 553.</summary>
    public required IReadOnlyList<string> UnknownPrompts { get; init; }

    public int Images => Tags.Sum(tag => tag.Images);

    public int Correct => Tags.Sum(tag => tag.Correct);

    /// <summary>Share of correct images.</summary>
    public double ImageMean => (double)Correct / Images;

    /// <summary>Overall, over tasks, as in the published summary: the plain mean of the tags that are there.</summary>
    public double TaskMean => Tags.Sum(tag => tag.Mean) / Tags.Count;

    /// <summary>Exactly the published 553 prompts, each with the same number of images.</summary>
    public bool Complete =>
        MissingPrompts.Count == 0 && UnknownPrompts.Count == 0 && ImagesPerPrompt.Fewest == ImagesPerPrompt.Most;

    /// <exception cref="InvalidDataException">There is no result to sum up.</exception>
    public static Summary Of(IReadOnlyList<ImageResult> results)
    {
        if (results.Count == 0)
            throw new InvalidDataException("no results; expected one line an image, as the scorer writes them");

        var prompts = results.GroupBy(result => result.Metadata)
            .Select(images => (Correct: images.Count(image => image.Correct), Images: images.Count()))
            .ToList();
        var named = results.Select(result => result.Prompt).ToHashSet();
        var published = PromptSet.Published.Select(prompt => prompt.Prompt).ToHashSet();
        return new Summary
        {
            Tags =
            [
                .. results.GroupBy(result => result.Tag)
                    .Select(tag => new TagSummary(tag.Key, tag.Count(image => image.Correct), tag.Count())),
            ],
            Prompts = prompts.Count,
            PromptsAnyCorrect = prompts.Count(prompt => prompt.Correct > 0),
            PromptMean = prompts.Average(prompt => (double)prompt.Correct / prompt.Images),
            ImagesPerPrompt = (prompts.Min(prompt => prompt.Images), prompts.Max(prompt => prompt.Images)),
            MissingPrompts = [.. PromptSet.Published.Where(prompt => !named.Contains(prompt.Prompt))],
            UnknownPrompts =
            [
                .. results.Select(result => result.Prompt).Distinct().Where(prompt => !published.Contains(prompt)),
            ],
        };
    }
}

/// <summary>The images of one category.</summary>
public sealed record TagSummary(string Tag, int Correct, int Images)
{
    /// <summary>Share of correct images.</summary>
    public double Mean => (double)Correct / Images;
}
